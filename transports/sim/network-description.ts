/**
 * What a simulated machine is like: its network by LogGP (latency, overhead, gap per message, gap per byte), and its
 * processors. Descriptions are plain data, so that they can be JSON files; `checkNetwork` says what is wrong with one.
 *
 * A job's node runtimes run on hosts, n on host n mod `hosts`; the PEs of a host share its cores. A message between
 * hosts a and b takes
 *
 *     overhead at a's PE, then a's adapter (gap, bytes), then latency and switches, then b's adapter, then overhead at b's PE
 *
 * with the bytes on their way through all parts at once (cut-through). Adapters and switches serve one message at a time.
 */
import { UsageError } from '../../core/base/errors.ts';

/** One level of LogGP. */
export interface LinkDescription {
  /** One way through an idle network, without the overheads. A range: each pair of hosts has its own, within it. */
  readonly latencyUs: number | readonly [least: number, most: number];
  /** Time that the PE spends on sending, and on receiving, one message. */
  readonly overheadUs: number;
  /** Least time between two messages of one adapter. */
  readonly gapUs: number;
  /** Inverse of the gap per byte. */
  readonly bytesPerSecond: number;
}

/** A level of switches. Messages that leave the group of hosts below one pass its uplink, and the downlink of another. */
export interface SwitchDescription {
  /** Hosts below one switch of this level. */
  readonly hosts: number;
  /** Added to the latency once for each message that passes this level. */
  readonly latencyUs: number;
  /** Of the uplink, and of the downlink. */
  readonly bytesPerSecond: number;
}

/** Changes the speed of PEs for a time. */
export interface SpeedChange {
  /** First and last PE; default: all. */
  readonly pes?: readonly [first: number, last: number];
  /** Default: from the start, for ever. */
  readonly fromSeconds?: number;
  readonly untilSeconds?: number;
  /** 1 is the speed that declared work is counted in. Changes that overlap multiply. */
  readonly speed?: number;
  /** The share of the processor that other users take, 0 to 1. */
  readonly load?: number;
}

export interface MemoryDescription {
  readonly bytesPerHost: number;
  /** Work takes this many times as long while a host holds twice its memory; in proportion in between. */
  readonly slowdown: number;
}

/** The file system that all hosts share. */
export interface DiskDescription {
  readonly latencyUs: number;
  /** Of each host. */
  readonly bytesPerSecond: number;
  /** What there is room for; default: no end to it. */
  readonly bytes?: number;
}

export interface NetworkDescription {
  readonly name: string;
  readonly about?: string;
  /** Default: as many as the job has node runtimes. */
  readonly hosts?: number;
  /** PEs of a node runtime unless the job says otherwise. Default: all PEs are one node. */
  readonly pesPerNode?: number;
  /** Cores of a host; default: a core for each PE. PEs beyond it take turns, entry method by entry method. */
  readonly coresPerHost?: number;
  /** Between PEs of one host. The copying of bytes is the sender's work. */
  readonly within: LinkDescription;
  readonly between: LinkDescription;
  /** From the hosts upwards. */
  readonly switches?: readonly SwitchDescription[];
  /** What the scheduler takes to pick and call an entry method. Default: 0.1. */
  readonly taskUs?: number;
  readonly speeds?: readonly SpeedChange[];
  readonly memory?: MemoryDescription;
  /** Files of charm4ts/io are simulated. */
  readonly disk?: DiskDescription;
}

type Check = (value: unknown, path: string) => void;

function fail(path: string, wanted: string, value: unknown): never {
  throw new UsageError(`${path} must be ${wanted}, not ${JSON.stringify(value) ?? String(value)}`);
}

const atLeast =
  (least: number): Check =>
  (value, path) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
      fail(path, `a number, ${least} or more`, value);
  };
const positive: Check = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) fail(path, 'a number above 0', value);
};
const count: Check = (value, path) => {
  if (!Number.isInteger(value) || (value as number) < 1) fail(path, 'an integer, 1 or more', value);
};
const text: Check = (value, path) => {
  if (typeof value !== 'string') fail(path, 'a text', value);
};
const share: Check = (value, path) => {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) fail(path, 'a number from 0 to less than 1', value);
};
const latency: Check = (value, path) => {
  if (!Array.isArray(value)) return atLeast(0)(value, path);
  const [least, most] = value as unknown[];
  atLeast(0)(least, `${path}[0]`);
  if (value.length !== 2 || typeof most !== 'number' || !(most >= (least as number)))
    fail(path, 'a number or a range [least, most]', value);
};
const range: Check = (value, path) => {
  const [first, last] = Array.isArray(value) ? (value as unknown[]) : [];
  if (
    !Number.isInteger(first) ||
    !Number.isInteger(last) ||
    (first as number) < 0 ||
    (last as number) < (first as number)
  )
    fail(path, 'the first and last PE, like [0, 3]', value);
};
const listOf =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) fail(path, 'a list', value);
    for (const [i, entry] of value.entries()) item(entry, `${path}[${i}]`);
  };

/** An object with these fields and no others; those in `optional` may be absent. */
function object(fields: Readonly<Record<string, Check>>, optional: readonly string[] = []): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
    const known = Object.keys(fields);
    for (const name of Object.keys(value))
      if (!known.includes(name)) throw new UsageError(`${path} has no field ${name}; it has ${known.join(', ')}`);
    for (const [name, check] of Object.entries(fields)) {
      const field = (value as Record<string, unknown>)[name];
      if (field !== undefined) check(field, `${path}.${name}`);
      else if (!optional.includes(name)) throw new UsageError(`${path} lacks the field ${name}`);
    }
  };
}

const link = object({ latencyUs: latency, overheadUs: atLeast(0), gapUs: atLeast(0), bytesPerSecond: positive });
const switchLevel = object({ hosts: count, latencyUs: atLeast(0), bytesPerSecond: positive });
const speedChange = object(
  { pes: range, fromSeconds: atLeast(0), untilSeconds: atLeast(0), speed: positive, load: share },
  ['pes', 'fromSeconds', 'untilSeconds', 'speed', 'load'],
);
const memory = object({ bytesPerHost: positive, slowdown: atLeast(1) });
const disk = object({ latencyUs: atLeast(0), bytesPerSecond: positive, bytes: positive }, ['bytes']);
const network = object(
  {
    name: text,
    about: text,
    hosts: count,
    pesPerNode: count,
    coresPerHost: count,
    within: link,
    between: link,
    switches: listOf(switchLevel),
    taskUs: atLeast(0),
    speeds: listOf(speedChange),
    memory,
    disk,
  },
  ['about', 'hosts', 'pesPerNode', 'coresPerHost', 'switches', 'taskUs', 'speeds', 'memory', 'disk'],
);

/** Takes parsed JSON for a description. @throws UsageError that names the field. `where` is for the message. */
export function checkNetwork(value: unknown, where: string): NetworkDescription {
  try {
    network(value, 'network');
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
  return value as NetworkDescription;
}
