/**
 * `charm.loop`: the iterations of one loop on the PEs of this process, as far as they have nothing else to do.
 *
 *  1. The range is cut into chunks. The caller's PE tells the others of its process: function, range, arguments.
 *  2. Dynamic: everybody takes the next chunk from a counter in shared memory until there is none. The caller does so within
 *     the call, so if the others are busy it does all by itself. Static: each PE has its own part of the range.
 *  3. The others answer with the number of chunks they ran, and what these gave, merged. When all chunks are done the call resolves, whether or
 *     not a PE that came too late has answered; the counter's memory is given back when all have.
 *
 * Invariants: each chunk is run once. Shared arrays among the arguments are lent: they stay the caller's.
 */
import { UsageError } from '../base/errors.ts';
import { type AnyReducer, type ElementIndex, readReducer, writeReducer } from '../collective/reducers.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending, RemoteReply } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { ProgramFunction } from './functions.ts';

/** Runs the iterations `from <= i < to`. Must be exported by the program, and not async. */
export type LoopBody<A extends readonly unknown[], V> = (from: number, to: number, ...args: A) => V;

export interface LoopOptions<A extends readonly unknown[]> {
  /** First iteration. Default: 0. */
  readonly from?: number;
  /** One more than the last. */
  readonly to: number;
  /** Given to each call of the body. Shared arrays are lent to all PEs; each may write where no other does. */
  readonly args: Readonly<A>;
  /** Chunks for whoever is free (default), or the same part for each PE each time. */
  readonly schedule?: 'dynamic' | 'static';
  /** Iterations of a chunk. Default: an eighth of a PE's share. */
  readonly chunk?: number;
}

const chunksPerPe = 8;
const counterBytes = 64;
const nothing = Symbol('nothing');

interface Range {
  readonly from: number;
  readonly to: number;
  readonly chunk: number;
  readonly chunks: number;
  /** Whose turn a chunk is with the static schedule; -1: dynamic. */
  readonly part: number;
}

type Body = (from: number, to: number, ...args: unknown[]) => unknown;

/** What one PE has done. */
interface Share {
  count: number;
  merged: unknown;
}

export class ParallelLoops {
  readonly #pe: Pe;

  constructor(pe: Pe) {
    this.#pe = pe;
    pe.handle(FrameKind.loop, (frame) => this.#onLoop(frame));
  }

  run(
    body: ProgramFunction,
    options: LoopOptions<readonly unknown[]>,
    reducer: AnyReducer | undefined,
  ): Promise<unknown> {
    const pe = this.#pe;
    const { args, schedule = 'dynamic' } = options;
    const name = pe.registry.functionName(body);
    const others = this.#others();
    const range = rangeOf(options, others.length + 1, schedule === 'static' ? 0 : -1);
    const share: Share = { count: 0, merged: nothing };
    const helpers = others.slice(0, Math.max(0, range.chunks - 1));
    if (helpers.length === 0) {
      for (let i = 0; i < range.chunks; i++) runChunk(body as Body, range, i, args, reducer, share);
      return Promise.resolve(finished(share, reducer));
    }
    pe.sealReadonlies();
    const offset = pe.heap().allocate(counterBytes);
    const counter = this.#counter(offset);
    Atomics.store(counter, 0, 0);
    const done = new Pending(pe, () => `the loop ${name}: ${share.count} of ${range.chunks} chunks are done`);
    let openAnswers = helpers.length;
    const onAnswer = (answer: Share & { readonly error?: unknown }): void => {
      openAnswers--;
      if (openAnswers === 0) pe.heap().free(offset, counterBytes);
      if ('error' in answer) return done.reject(answer.error);
      share.count += answer.count;
      if (answer.count > 0) add(share, answer.merged, reducer);
      if (share.count === range.chunks) done.resolve(finished(share, reducer));
    };
    for (const [i, to] of helpers.entries()) {
      const answer = new Pending(pe, () => `a share of ${name}`);
      void answer.promise.then((value) => onAnswer(value as Share));
      this.#send(to, answer, offset, range.part === -1 ? range : { ...range, part: i + 1 }, name, reducer, args);
    }
    try {
      runShare(body as Body, range, counter, args, reducer, share);
      if (share.count === range.chunks) done.resolve(finished(share, reducer));
    } catch (error) {
      Atomics.store(counter, 0, range.chunks);
      done.reject(error);
    }
    return done.wait();
  }

  /** The other PEs of this process. */
  #others(): number[] {
    const { id, node, nodes, pes } = this.#pe;
    const first = this.#pe.firstPeOf(node);
    const end = node + 1 === nodes ? pes : this.#pe.firstPeOf(node + 1);
    return Array.from({ length: end - first }, (_, i) => first + i).filter((pe) => pe !== id);
  }

  #counter(offset: number): Int32Array {
    return new Int32Array(this.#pe.heap().buffer, offset, 1);
  }

  #send(
    to: number,
    answer: Pending,
    offset: number,
    range: Range,
    name: string,
    reducer: AnyReducer | undefined,
    args: readonly unknown[],
  ): void {
    const { writer, id, registry } = this.#pe;
    writer.begin(FrameKind.loop, reducer === undefined ? 0 : 1, 0, 0, id);
    writer.f64(answer.address().id);
    writer.f64(offset);
    for (const number of [range.from, range.to, range.chunk, range.chunks, range.part]) writer.f64(number);
    writer.text(name);
    if (reducer !== undefined)
      writeReducer(writer, reducer, (custom) => registry.nameOf(custom, 'reducer', custom.name));
    encodeArguments(writer, args, `the loop ${name}`);
    writer.end();
    this.#pe.send(to);
  }

  #onLoop(frame: Reader): void {
    const pe = this.#pe;
    const { source, flags } = frame;
    const reply = new RemoteReply(pe, source, frame.f64());
    const counter = this.#counter(frame.f64());
    const [from, to, chunk, chunks, part] = [frame.f64(), frame.f64(), frame.f64(), frame.f64(), frame.f64()];
    const body = pe.registry.functionNamed(frame.text()) as unknown as Body;
    const reducer = flags === 0 ? undefined : readReducer(frame, (custom) => pe.registry.reducer(custom));
    const args = decodeArguments(frame, pe.context);
    const run = (): void => {
      const share: Share = { count: 0, merged: nothing };
      try {
        runShare(body, { from, to, chunk, chunks, part }, counter, args, reducer, share);
        reply.resolve(
          share.count === 0 ? { count: 0 } : { ...share, merged: share.merged === nothing ? undefined : share.merged },
        );
      } catch (error) {
        Atomics.store(counter, 0, chunks);
        reply.resolve({ error });
      }
    };
    // Before what waits here: the caller waits for it.
    pe.post({ source, target: reply, run }, { expedited: true });
  }
}

/** @throws UsageError for a range that is none. */
function rangeOf(options: LoopOptions<readonly unknown[]>, pes: number, part: number): Range {
  const { from = 0, to } = options;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || to < from)
    throw new UsageError(`a loop goes over integers, from <= to, not from ${from} to ${to}`);
  const count = to - from;
  const parts = part === -1 ? pes * chunksPerPe : pes;
  const chunk =
    part === -1 ? (options.chunk ?? Math.max(1, Math.ceil(count / parts))) : Math.max(1, Math.ceil(count / parts));
  if (!Number.isInteger(chunk) || chunk < 1) throw new UsageError(`chunk is an integer, 1 or more, not ${chunk}`);
  const chunks = Math.ceil(count / chunk);
  if (chunks >= 2 ** 30) throw new UsageError(`${chunks} chunks are too many; use larger ones`);
  return { from, to, chunk, chunks, part };
}

function runShare(
  body: Body,
  range: Range,
  counter: Int32Array,
  args: readonly unknown[],
  reducer: AnyReducer | undefined,
  share: Share,
): void {
  if (range.part !== -1) {
    if (range.part < range.chunks) runChunk(body, range, range.part, args, reducer, share);
    return;
  }
  for (let i = Atomics.add(counter, 0, 1); i < range.chunks; i = Atomics.add(counter, 0, 1))
    runChunk(body, range, i, args, reducer, share);
}

function runChunk(
  body: Body,
  range: Range,
  i: number,
  args: readonly unknown[],
  reducer: AnyReducer | undefined,
  share: Share,
): void {
  const from = range.from + i * range.chunk;
  const value = body(from, Math.min(range.to, from + range.chunk), ...args);
  share.count++;
  if (reducer === undefined) return;
  const at: ElementIndex = { index: () => from, order: () => from };
  add(share, reducer.prepare(value, at), reducer);
}

function add(share: Share, prepared: unknown, reducer: AnyReducer | undefined): void {
  if (reducer !== undefined) share.merged = share.merged === nothing ? prepared : reducer.merge(share.merged, prepared);
}

function finished(share: Share, reducer: AnyReducer | undefined): unknown {
  return reducer === undefined || share.merged === nothing ? undefined : reducer.finish(share.merged);
}
