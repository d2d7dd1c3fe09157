/**
 * `Request`: a promise of messages that a chare asks for, with `this.when` or `channel.recv()`. It takes them in the moment
 * in which it is granted, not before.
 *
 *  1. A request opens when it is made, and looks for its messages after one microtask turn: until then the program can
 *     say how it belongs together with others.
 *  2. It is granted when there is a different message for each of its sources; it takes all of them or none.
 *  3. Requests that share a `Promise.race` (or `any`) exclude each other: the first that is granted withdraws the others,
 *     which then take nothing. They are known by the race's own resolving function, which `race` hands to each.
 *
 * Invariants: while it is open it holds its element in place, and stands in the waits of its PE. A request that was
 * withdrawn never settles.
 *
 * Not seen: that something other than a request has won a race. Requests wait on then, and take the next message.
 */
import { assert } from '../base/assert.ts';
import { describePlace, UsageError } from '../base/errors.ts';
import { isPromise } from '../base/is-promise.ts';
import type { ElementRecord } from '../chare/element.ts';
import type { Mailbox } from '../chare/mailbox.ts';
import { NotEncodable } from '../pup/refusal.ts';
import { type OpenRequest, Promised, Status } from '../resumable/promised.ts';
import type { EntryMethod } from './entry-table.ts';

/** Something that somebody waits for; for reports. */
export interface Wait {
  readonly element: ElementRecord | undefined;
  /** `Ring[3].pass on PE 1`. */
  describeWaiter(): string;
  describeAim(): string;
}

/** Where the messages of a request come from. */
export interface Source {
  /** The oldest message that would do and that is not in `claimed`. */
  find(claimed: ReadonlySet<object>): object | undefined;
  /** Takes a message that `find` gave; its value, or a promise of it. */
  take(message: object): unknown;
  describe(): string;
  /** What `Mailbox.sourceFrom` makes it of again where its element comes to; undefined: it holds the element in place. */
  readonly wire?: unknown;
}

/** A request in a frame. */
export interface RequestWire {
  readonly serial: number;
  readonly sources: readonly unknown[];
  readonly isTuple: boolean;
}

type Settle = (value: unknown) => void;
type OnFulfilled<R> = ((value: unknown) => R | PromiseLike<R>) | null | undefined;
type OnRejected<R> = ((reason: unknown) => R | PromiseLike<R>) | null | undefined;

export class Request extends Promise<unknown> implements Wait, OpenRequest {
  readonly element: ElementRecord;
  readonly mailbox: Mailbox;
  /** What the program waits for in place of it, in a resumable chare: it moves along. */
  readonly promised: Promised | undefined;
  readonly #serial: number;
  readonly #sources: readonly Source[];
  readonly #isTuple: boolean;
  readonly #entry: EntryMethod | undefined;
  readonly #resolve: Settle;
  readonly #reject: Settle;
  /** For each of its races the requests in it, itself included. */
  readonly #races: ReadonlySet<Request>[] = [];
  #isOpen = true;
  #isGranted = false;

  // To `await` and `Promise.race` it is a plain promise: they take it as it is, and derive plain ones from it.
  static {
    Object.defineProperty(Request.prototype, 'constructor', { value: Promise });
  }

  /** Its value is that of the one source or, for a tuple, the array of all. */
  constructor(mailbox: Mailbox, sources: readonly Source[], isTuple: boolean, promised?: Promised) {
    let settle: readonly [Settle, Settle] | undefined;
    super((resolve, reject) => {
      settle = [resolve, reject];
    });
    assert(settle !== undefined, 'a promise without its functions');
    [this.#resolve, this.#reject] = settle;
    this.mailbox = mailbox;
    this.element = mailbox.element;
    this.#sources = sources;
    this.#isTuple = isTuple;
    this.#entry = mailbox.pe.current === undefined ? undefined : mailbox.pe.currentEntry;
    this.promised = promised ?? mailbox.element.frames?.wait(this);
    this.#serial = mailbox.open(this);
  }

  /** A request, as the program sees it. */
  static make(mailbox: Mailbox, sources: readonly Source[], isTuple: boolean): Promise<unknown> {
    const request = new Request(mailbox, sources, isTuple);
    return request.promised === undefined ? request : (request.promised as unknown as Promise<unknown>);
  }

  /** Opens a request that was open where its element has come from. */
  static reopen(mailbox: Mailbox, promised: Promised, { sources, isTuple }: RequestWire): void {
    const made = sources.map((source) => mailbox.sourceFrom(source));
    promised.request = new Request(mailbox, made, isTuple, promised);
  }

  describeForFrame(): RequestWire {
    const sources = this.#sources.map((source) => {
      if (source.wire === undefined)
        throw new NotEncodable(`a request for ${source.describe()}, in a form that holds its chare in place`);
      return source.wire;
    });
    return { serial: this.#serial, sources, isTuple: this.#isTuple };
  }

  enterRace(race: object): void {
    this.mailbox.race(race, this);
  }

  /** One request for the messages of several: all or none. They must have been made just now. */
  static together(given: readonly unknown[]): Promise<unknown> {
    const requests = given.map((one) => (one instanceof Promised ? one.request : one)) as readonly Request[];
    const [first] = requests;
    if (first === undefined) throw new UsageError('together needs at least one request');
    for (const request of requests) {
      if (!(request instanceof Request) || request.mailbox !== first.mailbox || !request.mailbox.isNew(request))
        throw new UsageError(
          'together takes requests of one chare that it has just made: together(this.when.a(), ...)',
        );
    }
    const whole = Request.make(
      first.mailbox,
      requests.flatMap((request) => request.#sources),
      true,
    );
    for (const request of requests) request.withdraw();
    return whole;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, which sees who subscribes to it.
  override then<R = unknown, E = never>(onFulfilled?: OnFulfilled<R>, onRejected?: OnRejected<E>): Promise<R | E> {
    if (isResolver(onFulfilled)) this.mailbox.race(onFulfilled, this);
    return super.then(onFulfilled, onRejected);
  }

  /** Enters a race. A race that one has won already is over for the others. */
  compete(rivals: Set<Request>): void {
    rivals.add(this);
    this.#races.push(rivals);
    for (const rival of rivals) if (rival.#isGranted) return this.#withdrawRivals(rival);
  }

  /** Takes its messages, if they are all there. */
  attempt(): boolean {
    try {
      const messages = this.#find();
      if (messages === undefined) return false;
      this.mailbox.pe.continuation.settling(this.element, this.#entry);
      this.#granted();
      const values = this.#sources.map((source, i) => source.take(messages[i]!));
      this.#settle(values);
    } catch (error) {
      this.#granted();
      if (this.promised === undefined) this.#reject(error);
      else this.promised.settle(Status.rejected, error);
    }
    if (this.promised !== undefined) return true;
    // Behind the reactions that are there already: what goes on because of it may hold the element in its turn.
    const release = (): void => this.mailbox.pe.ended(this.element);
    super.then(release, release);
    return true;
  }

  #settle(values: readonly unknown[]): void {
    const { promised, element, mailbox } = this;
    if (promised === undefined) return this.#resolve(this.#isTuple ? Promise.all(values) : values[0]);
    if (!values.some(isPromise)) return promised.settle(Status.fulfilled, this.#isTuple ? values : values[0]);
    // Methods of the chare that have not ended yet.
    element.entriesInFlight++;
    const settle = (status: Status, value: unknown): void => {
      promised.settle(status, value);
      mailbox.pe.ended(element);
    };
    Promise.all(values).then(
      (all) => settle(Status.fulfilled, this.#isTuple ? all : all[0]),
      (error: unknown) => settle(Status.rejected, error),
    );
  }

  /** A different message for each source. */
  #find(): object[] | undefined {
    const claimed = new Set<object>();
    const found: object[] = [];
    for (const source of this.#sources) {
      const message = source.find(claimed);
      if (message === undefined) return undefined;
      claimed.add(message);
      found.push(message);
    }
    return found;
  }

  #granted(): void {
    if (this.#isGranted) return;
    this.#isGranted = true;
    this.#withdrawRivals(this);
    this.#close();
  }

  /** Takes nothing any more. */
  withdraw(): void {
    if (!this.#isOpen) return;
    this.#close();
    if (this.promised !== undefined) return this.promised.abandon();
    void Promise.resolve().then(() => this.mailbox.pe.ended(this.element));
  }

  #withdrawRivals(winner: Request): void {
    for (const race of this.#races) for (const rival of race) if (rival !== winner) rival.withdraw();
  }

  #close(): void {
    this.#isOpen = false;
    this.mailbox.close(this);
    this.mailbox.pe.resumeSoon();
  }

  describeWaiter(): string {
    return describeWaiter(this.mailbox.pe.id, this.element, this.#entry);
  }

  describeAim(): string {
    return this.#sources.map((source) => source.describe()).join(' and ');
  }
}

/** The function that fulfils a promise, made by the language: only its first call counts. */
function isResolver(callback: unknown): callback is (value: never) => never {
  return (
    typeof callback === 'function' &&
    callback.name === '' &&
    Function.prototype.toString.call(callback).endsWith('{ [native code] }')
  );
}

/** `Ring[3].pass on PE 1`; behind an await it is not known who waits, only where. */
export function describeWaiter(pe: number, element: ElementRecord | undefined, entry: EntryMethod | undefined): string {
  if (element === undefined) return `a method on PE ${pe}`;
  const name = entry === undefined ? {} : { entry: entry.name };
  return describePlace({ pe, chare: element.label, ...name });
}

/**
 * Messages for several requests of one chare at once: all are taken, or none is.
 *
 *     const [west, east] = await together(this.when.west(iteration), this.when.east(iteration));
 *
 * @throws UsageError if the requests are not of one chare and made just now.
 */
export function together<T extends readonly Promise<unknown>[]>(
  ...requests: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  return Request.together(requests) as never;
}
