/** `Completion`: what a program holds of a domain of completion detection (collective/completion.ts). Can be sent in messages. */
import { UsageError } from '../base/errors.ts';
import type { Callback } from '../message/callback.ts';
import { HandleKind } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';

export interface CompletionOptions {
  /** So many times `done` will be called. Default: 1. */
  readonly producers?: number;
  /** Hears when all producers are done. */
  readonly allProduced?: Callback<void>;
}

/** Counts what is produced and consumed of one kind, and tells when nothing is left. See docs/completion.md. */
export class Completion extends Handle {
  readonly #pe: Pe;
  readonly #id: number;

  /** @internal */
  constructor(pe: Pe, id: number) {
    super();
    this.#pe = pe;
    this.#id = id;
  }

  /**
   * Begins: resolves when all producers are done and everything that was produced has been consumed. May be called again after
   * that. Counting may begin before.
   */
  start(options: CompletionOptions = {}): Promise<void> {
    // A number, as in start(32), would otherwise pass for no options at all.
    if (typeof options !== 'object' || options === null)
      throw new UsageError(`start takes options, as in start({ producers: 2 }), not ${String(options)}`);
    const { producers = 1, allProduced } = options;
    checkCount('producers', producers);
    return this.#pe.collections.completion.start(this.#id, producers, allProduced);
  }

  /** Something was produced, that will be consumed. To be called before it is sent. Cost: about 25 ns. */
  produce(count = 1): void {
    checkCount('produced', count);
    this.#pe.collections.completion.domain(this.#id).add({ produced: count, consumed: 0, done: 0 });
  }

  /** Something was consumed. Who produces because of it, does so before. */
  consume(count = 1): void {
    checkCount('consumed', count);
    this.#pe.collections.completion.domain(this.#id).add({ produced: 0, consumed: count, done: 0 });
  }

  /** A producer will produce no more. */
  done(count = 1): void {
    checkCount('done', count);
    this.#pe.collections.completion.domain(this.#id).add({ produced: 0, consumed: 0, done: count });
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.completion);
    writer.f64(this.#id);
  }
}

function checkCount(what: string, count: number): void {
  if (!Number.isInteger(count) || count < 0)
    throw new UsageError(`completion detection: ${what} is a whole number, 0 or more, not ${count}`);
}
