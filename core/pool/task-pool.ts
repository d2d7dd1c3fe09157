/**
 * `charm.pool`: runs an exported function on many items, on all PEs of the job.
 *
 *  1. The caller's PE keeps the items. Each PE is sent a piece of them, and a second one, so that it need not wait for the next.
 *  2. Pieces get smaller as items get fewer (a share of what is left for each PE, halved twice), so that all PEs end at about the same time; or have a
 *     given length.
 *  3. A PE runs the items of a piece one after another, as a task in its queue, and answers with the results, or with the item that failed.
 *     A function that waits lets the PE go on with other things, other pieces too.
 *  4. With each answer the PE is sent its next piece. When all results are there, the call resolves; with the first error it rejects and
 *     nothing more is sent.
 *
 * Invariants: each item is in one piece, and is run once. A call holds no PE while it waits: calls may be nested in any depth.
 */
import { describeThrown, EntryError, UsageError } from '../base/errors.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending, RemoteReply, type ReplyTarget } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { TaskFunction } from './functions.ts';

/** How items are spread. */
export interface PoolOptions {
  /** Items of a piece. Default: many at first, fewer towards the end. */
  readonly chunk?: number;
  /** Sends nothing more, and rejects, once it is aborted. */
  readonly signal?: AbortSignal;
}

/** Pieces that a PE has at a time. */
const piecesPerPe = 2;
/** Of the items left for each PE, a piece has this part. */
const shareParts = 4;

type AnyFunction = TaskFunction<unknown, unknown>;
type Outcome = { readonly results: readonly unknown[] } | { readonly failedAt: number; readonly error: unknown };

/** A task failed: which item, and why (`cause`). */
export class TaskError extends EntryError {
  /** Number of the item in the list. */
  readonly index: number;

  constructor(index: number, name: string, pe: number, cause: unknown) {
    const what = `${name} failed for item ${index}: ${describeThrown(cause)}`;
    super('ERR_TASK_FAILED', what, { pe, chare: 'pool', entry: name }, { cause });
    this.index = index;
  }
}

export class TaskPool {
  readonly #pe: Pe;

  /** @internal */
  constructor(pe: Pe) {
    this.#pe = pe;
    pe.handle(FrameKind.poolTask, (frame) => this.#onTask(frame));
  }

  /**
   * The results of `fn` for all items, in their order: `await charm.pool.map(score, items)`. Items and results travel like arguments.
   * Cost: about a message and an answer a piece. @throws TaskError for the first item that fails; the others are given up.
   */
  async map<T, R>(fn: TaskFunction<T, R>, items: Iterable<T>, options: PoolOptions = {}): Promise<R[]> {
    return (await new Call(this.#pe, fn as AnyFunction, [...items], options).run()) as R[];
  }

  /** The same as a promise for each item, one item a piece. Each fails for itself. */
  mapAsync<T, R>(fn: TaskFunction<T, R>, items: Iterable<T>, options: Pick<PoolOptions, 'signal'> = {}): Promise<R>[] {
    const list = [...items];
    const settle: { resolve: (value: R) => void; reject: (error: unknown) => void }[] = [];
    const promises = list.map(() => new Promise<R>((resolve, reject) => settle.push({ resolve, reject })));
    const call = new Call(this.#pe, fn as AnyFunction, list, { ...options, chunk: 1 });
    call.onItem = (index, value) => settle[index]!.resolve(value as R);
    call.onError = (index, error) => settle[index]!.reject(error);
    call.run().catch((error: unknown) => {
      for (const { reject } of settle) reject(error);
    });
    return promises;
  }

  /** Runs `fn` for one item, on the PE that is found idle first by the usual rule: the one whose turn it is. */
  run<T, R>(fn: TaskFunction<T, R>, item: T, options: { readonly onPe?: number } = {}): Promise<R> {
    const call = new Call(this.#pe, fn as AnyFunction, [item], { chunk: 1 });
    call.firstPe = options.onPe ?? this.#next();
    return call.run().then(([result]) => result as R);
  }

  #turn = 0;

  #next(): number {
    this.#turn = (this.#turn + 1) % this.#pe.pes;
    return (this.#pe.id + this.#turn) % this.#pe.pes;
  }

  // ---- where tasks run ----

  #onTask(frame: Reader): void {
    const reply = new RemoteReply(this.#pe, frame.source, frame.f64());
    const start = frame.f64();
    const name = frame.text();
    const items = decodeValue(frame, this.#pe.context) as unknown[];
    this.post(this.#pe.registry.functionNamed(name), start, items, frame.source, reply);
  }

  /** Puts a piece into the queue of this PE. @internal */
  post(fn: AnyFunction, start: number, items: readonly unknown[], source: number, reply: ReplyTarget): void {
    this.#pe.post({ source, target: reply, run: () => this.#runPiece(fn, start, items, reply) });
  }

  #runPiece(fn: AnyFunction, start: number, items: readonly unknown[], reply: ReplyTarget): void {
    const results: unknown[] = [];
    const { charm } = this.#pe;
    const fail = (error: unknown): void => reply.resolve({ failedAt: start + results.length, error });
    const proceed = (): void => {
      try {
        while (results.length < items.length) {
          const result = fn(items[results.length], { charm, index: start + results.length });
          if (result instanceof Promise) {
            this.#pe.needsTurn = true;
            result.then((value) => {
              results.push(value);
              proceed();
            }, fail);
            return;
          }
          results.push(result);
        }
      } catch (error) {
        return fail(error);
      }
      this.#answer(reply, start, results);
    };
    proceed();
  }

  #answer(reply: ReplyTarget, start: number, results: readonly unknown[]): void {
    try {
      reply.resolve({ results });
    } catch (error) {
      // A result can't be encoded.
      reply.resolve({ failedAt: start, error });
    }
  }
}

/** One call of `map`, on the PE of its caller. */
class Call {
  readonly #pe: Pe;
  readonly #fn: AnyFunction;
  readonly #name: string;
  readonly #items: readonly unknown[];
  readonly #chunk: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #results: unknown[];
  readonly #done: Pending;
  #next = 0;
  #finished = 0;
  #isOver = false;
  firstPe: number;
  onItem: (index: number, value: unknown) => void;
  onError: (index: number, error: unknown) => void;

  constructor(pe: Pe, fn: AnyFunction, items: readonly unknown[], { chunk, signal }: PoolOptions) {
    if (chunk !== undefined && (!Number.isInteger(chunk) || chunk < 1))
      throw new UsageError(`chunk is an integer, 1 or more, not ${chunk}`);
    this.#pe = pe;
    this.#fn = fn;
    this.#name = pe.registry.functionName(fn);
    this.#items = items;
    this.#chunk = chunk;
    this.#signal = signal;
    this.#results = new Array<unknown>(items.length);
    this.#done = new Pending(pe, () => `the pool's ${this.#name}: ${this.#finished} of ${items.length} items are done`);
    this.firstPe = (pe.id + 1) % pe.pes;
    this.onItem = (index, value) => {
      this.#results[index] = value;
    };
    this.onError = (_index, error) => this.#end(error);
  }

  run(): Promise<unknown[]> {
    const { pes } = this.#pe;
    this.#pe.sealReadonlies();
    if (this.#signal?.aborted === true) return Promise.reject(this.#signal.reason);
    this.#signal?.addEventListener('abort', this.#abort, { once: true });
    if (this.#items.length === 0) this.#end(undefined);
    // This PE last: it is busy with the caller.
    for (let piece = 0; piece < piecesPerPe; piece++)
      for (let i = 0; i < pes; i++) this.#give((this.firstPe + i) % pes);
    return this.#done.wait() as Promise<unknown[]>;
  }

  readonly #abort = (): void => this.#end(this.#signal?.reason ?? new Error('aborted'));

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    if (error === undefined) this.#done.resolve(this.#results);
    else this.#done.reject(error);
  }

  /** Gives a PE the next piece. */
  #give(to: number): void {
    const left = this.#items.length - this.#next;
    if (left === 0 || this.#isOver) return;
    const start = this.#next;
    const size = Math.min(left, this.#chunk ?? Math.max(1, Math.ceil(left / (this.#pe.pes * shareParts))));
    this.#next += size;
    const items = this.#items.slice(start, start + size);
    const answer = new Pending(this.#pe, () => `a piece of ${this.#name}`);
    void answer.promise.then((outcome) => this.#onAnswer(to, start, size, outcome as Outcome));
    try {
      this.#send(to, start, items, answer);
    } catch (error) {
      answer.resolve({ failedAt: start, error });
    }
  }

  #send(to: number, start: number, items: readonly unknown[], answer: Pending): void {
    const pe = this.#pe;
    if (to === pe.id) return pe.charm.pool.post(this.#fn, start, items, pe.id, answer);
    const { writer } = pe;
    writer.begin(FrameKind.poolTask, 0, 0, 0, pe.id);
    writer.f64(answer.address().id);
    writer.f64(start);
    writer.text(this.#name);
    encodeValue(writer, items, `an item of the pool's ${this.#name}`);
    writer.end();
    pe.send(to);
  }

  #onAnswer(from: number, start: number, size: number, outcome: Outcome): void {
    this.#finished += size;
    if ('failedAt' in outcome)
      this.onError(outcome.failedAt, new TaskError(outcome.failedAt, this.#name, from, outcome.error));
    else for (const [i, value] of outcome.results.entries()) this.onItem(start + i, value);
    if (this.#finished === this.#items.length) this.#end(undefined);
    this.#give(from);
  }
}
