/**
 * The faults of a simulated run: what may happen, how often, and how they are drawn from the seed.
 *
 * Packets between node runtimes are lost, doubled, damaged, delayed and reordered; links clog; partitions cut nodes off, in
 * both directions or in one; PEs are slow, nodes pause, clocks jump; and, where the job cannot survive it, a PE or a
 * node crashes. All that lasts until `untilMs` (the safety phase); then the network is whole, and the program must end
 * within `livenessEvents` (the liveness phase). Times are virtual milliseconds; shares are probabilities.
 */
import { UsageError } from '../../../core/base/errors.ts';
import { SeededRandom } from '../../../core/base/random.ts';

/** Something that happens again and again: on average each `everyMs` (0: never), for `meanMs` on average. */
export interface Recurring {
  readonly everyMs: number;
  readonly meanMs: number;
}

export interface FaultOptions {
  /** Shares of packets. */
  readonly loss: number;
  readonly duplication: number;
  /** One bit is flipped. */
  readonly damage: number;
  readonly delay: { readonly share: number; readonly meanMs: number };
  /** These wait, up to `maxMs`, while others overtake them. */
  readonly reordering: { readonly share: number; readonly maxMs: number };
  /** Nothing comes through one direction of a link, and then everything. */
  readonly clog: Recurring;
  /** `oneWay`: the share of partitions that cut one direction only; `isolate`: that cut a single node off. */
  readonly partition: Recurring & { readonly oneWay: number; readonly isolate: number };
  /** A PE computes `factor` times as slowly. */
  readonly slow: Recurring & { readonly factor: number };
  /** A node stands still, its clock goes on. */
  readonly pause: Recurring;
  /** A node's clock leaps forward, up to `maxMs`. The runtime reads no clock that could go back. */
  readonly clockJump: { readonly everyMs: number; readonly maxMs: number };
  /** Moments; -1: never. A crash ends the job. */
  readonly peCrashMs: number;
  readonly nodeCrashMs: number;
  /** What crashed comes back as a new incarnation so much later; -1: never. */
  readonly restartMs: number;
  /** One node is cut off for ever. */
  readonly cutMs: number;
  readonly disk: DiskFaults;
  readonly untilMs: number;
  readonly livenessEvents: number;
  readonly heartbeat: HeartbeatOptions;
}

/** Shares of operations. */
export interface DiskFaults {
  readonly error: number;
  /** A write takes in a part, and says so. */
  readonly short: number;
  /** What was not synced when its node crashed is cut anywhere. */
  readonly torn: number;
  /** A byte that is read is not the one that was written. */
  readonly rot: number;
  readonly latencyMs: number;
  /** Bytes of a disk; 0: no limit. */
  readonly fullBytes: number;
}

/** When silence counts: docs/simulator.md. */
export interface HeartbeatOptions {
  readonly everyMs: number;
  readonly suspectMs: number;
  readonly deadMs: number;
  /** An own timer that comes later than this has slept, and gives every peer as much time more. */
  readonly gapMs: number;
}

export const noFaults: FaultOptions = {
  loss: 0,
  duplication: 0,
  damage: 0,
  delay: { share: 0, meanMs: 0 },
  reordering: { share: 0, maxMs: 0 },
  clog: { everyMs: 0, meanMs: 0 },
  partition: { everyMs: 0, meanMs: 0, oneWay: 0, isolate: 0 },
  slow: { everyMs: 0, meanMs: 0, factor: 1 },
  pause: { everyMs: 0, meanMs: 0 },
  clockJump: { everyMs: 0, maxMs: 0 },
  peCrashMs: -1,
  nodeCrashMs: -1,
  restartMs: -1,
  cutMs: -1,
  disk: { error: 0, short: 0, torn: 0, rot: 0, latencyMs: 0, fullBytes: 0 },
  untilMs: 1e9,
  livenessEvents: 50_000_000,
  heartbeat: { everyMs: 500, suspectMs: 3000, deadMs: 5000, gapMs: 1000 },
};

/** Stream of the random source for faults: they are drawn apart from everything else. */
export const faultStream = 0x0fa17;
/** No drawn fault that a job survives lasts as long as it takes to be declared dead. */
const survivableMs = 2000;
/** Of so many runs, one has a fault that ends the job. */
const fatalOneIn = 8;

/** Faults of every kind, each in about half of the runs, in proportion to the time of a round trip. */
export function drawFaults(seed: number, roundTripMs: number): FaultOptions {
  const random = new SeededRandom(seed, faultStream);
  const chance = (share: number): boolean => random.next() < share;
  const between = (least: number, most: number): number => least * (most / least) ** random.next();
  const share = (most: number): number => (chance(0.5) ? rounded(between(0.001, most)) : 0);
  const time = (least: number, most: number): number =>
    rounded(Math.min(survivableMs, between(least, most) * roundTripMs));
  const every = (): number => (chance(0.5) ? rounded(between(5, 500) * roundTripMs) : 0);
  const fatal = chance(1 / fatalOneIn) ? random.below(3) : -1;
  const untilMs = rounded(between(20, 2000) * roundTripMs);
  const at = (): number => rounded(random.next() * untilMs);
  return {
    loss: share(0.3),
    duplication: share(0.5),
    damage: share(0.05),
    delay: { share: share(0.5), meanMs: time(0.1, 20) },
    reordering: { share: share(0.5), maxMs: time(0.5, 20) },
    clog: { everyMs: every(), meanMs: time(1, 100) },
    partition: {
      everyMs: every(),
      meanMs: time(1, 100),
      oneWay: rounded(random.next()),
      isolate: rounded(random.next()),
    },
    slow: { everyMs: every(), meanMs: time(1, 100), factor: rounded(between(2, 100)) },
    pause: { everyMs: every(), meanMs: time(1, 100) },
    clockJump: { everyMs: every(), maxMs: rounded(between(1, 3_600_000)) },
    peCrashMs: fatal === 0 ? at() : -1,
    nodeCrashMs: fatal === 1 ? at() : -1,
    restartMs: chance(0.5) ? at() : -1,
    cutMs: fatal === 2 ? at() : -1,
    disk: {
      error: share(0.1),
      short: share(0.2),
      torn: share(0.5),
      // No program could do anything against it: files have no check sums.
      rot: 0,
      latencyMs: rounded(between(0.01, 10)),
      fullBytes: chance(0.1) ? Math.round(between(1e3, 1e6)) : 0,
    },
    untilMs,
    livenessEvents: noFaults.livenessEvents,
    heartbeat: noFaults.heartbeat,
  };
}

/** Three digits, so that what is printed is what was used. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** What a user gives: some of the options, nested ones in part. */
export type FaultSettings = { readonly [K in keyof FaultOptions]?: FaultOptions[K] | Partial<FaultOptions[K]> };

/** Puts settings over options. @throws UsageError that names the option. */
export function withSettings(options: FaultOptions, settings: unknown): FaultOptions {
  return merge(options, settings, 'faults') as FaultOptions;
}

function merge(options: object, settings: unknown, path: string): object {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new UsageError(`${path} must be an object, not ${JSON.stringify(settings)}`);
  const known = options as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(settings)) {
    const place = `${path}.${name}`;
    const current = known[name];
    if (current === undefined) throw new UsageError(`${path} has no ${name}; it has ${Object.keys(known).join(', ')}`);
    if (typeof current === 'object') result[name] = merge(current as object, value, place);
    else result[name] = checked(value, place);
  }
  return result;
}

const shares = new Set([
  'loss',
  'duplication',
  'damage',
  'share',
  'oneWay',
  'isolate',
  'error',
  'short',
  'torn',
  'rot',
]);

function checked(value: unknown, path: string): number {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const most = shares.has(name) ? 1 : Number.MAX_SAFE_INTEGER;
  const least = name === 'factor' ? 1 : /^(peCrash|nodeCrash|restart|cut)Ms$/.test(name) ? -1 : 0;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new UsageError(`${path} must be a number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

/** The options that are on, as one line of JSON that can be given back. */
export function describeFaults(options: FaultOptions): string {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options))
    if (JSON.stringify(value) !== JSON.stringify((noFaults as unknown as Record<string, unknown>)[name]))
      parts[name] = value;
  return JSON.stringify(parts);
}
