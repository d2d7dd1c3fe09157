/**
 * Runs two-thread calibrations on the very threads that are PEs 0 and 1: a group whose branches leave the runtime
 * for the time of a run and talk through raw memory instead.
 *
 * The memory comes from the bench process as environment data of its worker threads. Every run begins with a meeting
 * of both PEs, so that the start of one PE is not measured.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { Chare, type Charm, type Future, type GroupProxy } from '../../core/index.ts';
import type { Calibration } from '../sampling.ts';
import { sleepOnce, wakeOnce } from './bare-wake.ts';
import {
  echoRounds,
  makeRawRing,
  pingRounds,
  type RawRingMemory,
  readStream,
  recordsPerBatch,
  resetRawRing,
  roundsPerBatch,
  sharedWords,
  writeStream,
} from './raw-ring.ts';

interface PairMemory {
  readonly out: RawRingMemory;
  readonly back: RawRingMemory;
  /** Counts arrivals at meetings. */
  readonly meeting: Int32Array;
  readonly wake: Int32Array;
  readonly wakeStartMs: Float64Array;
}

const environmentKey = 'charm4ts.bench.pair';

/** In the bench process, before a job starts: memory for the calibrations of its PEs. */
export function providePairMemory(): void {
  const memory: PairMemory = {
    out: makeRawRing(),
    back: makeRawRing(),
    meeting: sharedWords(1),
    wake: sharedWords(32),
    wakeStartMs: new Float64Array(new SharedArrayBuffer(8)),
  };
  setEnvironmentData(environmentKey, memory);
}

export class CalibrationPair extends Chare<number> {
  readonly #memory = pairMemory();

  roundTrips(payloadBytes: number, count: number, done: Future<number>): void {
    const { out, back } = this.#memory;
    if (this.#begin()) done.set(pingRounds(out, back, payloadBytes, count));
    else if (this.index === 1) echoRounds(out, back, payloadBytes, count);
  }

  stream(payloadBytes: number, count: number, done: Future<number>): void {
    const { out } = this.#memory;
    if (this.#begin()) done.set(writeStream(out, payloadBytes, count));
    else if (this.index === 1) readStream(out, payloadBytes, count);
  }

  /** One wake of PE 1 by PE 0. */
  wake(done: Future<number>): void {
    const { wake, wakeStartMs } = this.#memory;
    if (this.#begin()) done.set(wakeOnce(wake, wakeStartMs));
    else if (this.index === 1) sleepOnce(wake, wakeStartMs);
  }

  /** Returns when both PEs are here: true on PE 0. */
  #begin(): boolean {
    const { out, back, meeting } = this.#memory;
    if (this.index > 1) return false;
    if (this.index === 0) for (const ring of [out, back]) resetRawRing(ring);
    const arrived = Atomics.add(meeting, 0, 1);
    const bothHere = (arrived & ~1) + 2;
    while (Atomics.load(meeting, 0) < bothHere);
    return this.index === 0;
  }
}

function pairMemory(): PairMemory {
  const memory = getEnvironmentData(environmentKey) as unknown as PairMemory | undefined;
  if (memory !== undefined) return memory;
  throw new Error(
    'a program of the benchmarks is started by `charm4ts bench`, which gives it memory to calibrate with',
  );
}

/** Calibration `raw-ring`: round trips of `payloadBytes` over two raw rings. */
export function rawRingRoundTrip(charm: Charm, pair: GroupProxy<CalibrationPair>, payloadBytes: number): Calibration {
  const run = (count: number): Promise<number> => {
    const done = charm.future<number>();
    pair.all.roundTrips(payloadBytes, count, done);
    return done.get();
  };
  return { name: payloadBytes === 8 ? 'raw-ring' : `raw-ring ${payloadBytes} B`, step: roundsPerBatch, run };
}

/** Calibration `raw-ring-stream`: one-way messages of 8 B over a raw ring. */
export function rawRingStream(charm: Charm, pair: GroupProxy<CalibrationPair>): Calibration {
  const run = (count: number): Promise<number> => {
    const done = charm.future<number>();
    pair.all.stream(8, count, done);
    return done.get();
  };
  return { name: 'raw-ring-stream', step: recordsPerBatch, run };
}
