/** `this.when`: for each awaited entry method of a class a method that requests its messages. */
import { UsageError } from '../base/errors.ts';
import type { EntryMethod, EntryTable } from '../message/entry-table.ts';
import { Request, type Source } from '../message/request.ts';
import type { Chare } from './chare.ts';
import type { Held, Mailbox } from './mailbox.ts';

/** The first argument that is wanted, or a function that says whether a message will do; nothing: any message. */
type When<F> = F extends (...args: infer A) => infer R
  ? (match?: A[0] | ((...args: A) => boolean)) => Promise<Awaited<R>>
  : unknown;

/** What `this.when` of a chare of class `C` has. */
export type WhenMethods<C> = { readonly [K in keyof C]: K extends keyof Chare<unknown> ? unknown : When<C[K]> };

export type WhenView = new (mailbox: Mailbox) => object;

export function makeWhenView(table: EntryTable): WhenView {
  class View {
    readonly #mailbox: Mailbox;

    constructor(mailbox: Mailbox) {
      this.#mailbox = mailbox;
    }

    static request(view: View, entry: EntryMethod, match: unknown): Promise<unknown> {
      if (entry.gate?.isAwaited === true)
        return Request.make(view.#mailbox, [new AwaitedMessages(view.#mailbox, entry, match)], false);
      const { className } = table;
      throw new UsageError(
        `messages for ${className}.${entry.name} do not wait for this.when; write \`static readonly entries: ` +
          `Entries<${className}> = { ${entry.name}: { awaited: true } }\``,
      );
    }
  }
  for (const entry of table.entries) {
    const value = function (this: View, match: unknown): Promise<unknown> {
      return View.request(this, entry, match);
    };
    Object.defineProperty(View.prototype, entry.name, { value });
  }
  return View;
}

/** Messages for an awaited entry method, as a request sees them. */
export class AwaitedMessages implements Source {
  readonly #mailbox: Mailbox;
  readonly #entry: EntryMethod;
  readonly #match: unknown;

  constructor(mailbox: Mailbox, entry: EntryMethod, match: unknown) {
    this.#mailbox = mailbox;
    this.#entry = entry;
    this.#match = match;
  }

  find(claimed: ReadonlySet<object>): Held | undefined {
    return this.#mailbox.find(this.#entry, (args) => this.#isWanted(args), claimed);
  }

  take(message: Held): Promise<unknown> {
    return this.#mailbox.take(message);
  }

  get wire(): unknown {
    return ['when', this.#entry.id, this.#match];
  }

  describe(): string {
    const match = typeof this.#match === 'function' ? 'condition' : String(this.#match ?? '');
    return `a message for ${this.#mailbox.element.label}.${this.#entry.name}(${match})`;
  }

  #isWanted(args: readonly unknown[]): boolean {
    const match = this.#match;
    if (typeof match === 'function') return match(...args) === true;
    return match === undefined || args[0] === match;
  }
}
