/** Curve `migrated-traffic`: two chares that talk, before and after one of them or both migrate. */
import { Chare, type Charm, type ElementProxy, type Future } from '../../core/index.ts';
import type { Curve, CurveContext, Series } from './curve.ts';
import { type ReportingProgram, simulate } from './simulate.ts';

interface Situation {
  readonly name: string;
  /** PEs of the two at creation, and where they go. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** All messages go by way of the PE where both were created, as systems do that keep a home node for each process. */
  readonly isByHome?: boolean;
}

const situations: readonly Situation[] = [
  { name: 'never moved', from: [1, 2], to: [1, 2] },
  { name: 'one moved', from: [0, 2], to: [1, 2] },
  { name: 'both moved, from one node', from: [0, 0], to: [1, 2] },
  { name: 'both moved, from two nodes', from: [0, 3], to: [1, 2] },
  { name: 'contrast: by way of a home node', from: [1, 2], to: [1, 2], isByHome: true },
];

const pes = 4;
const rounds = 50;
/** Messages under way in one direction when bandwidth is measured. */
const streamed = 64;

interface Times {
  /** Seconds of a message in one direction: half a round trip. */
  readonly oneWay: number;
  readonly bytesPerSecond: number;
}

/** A program that reports the times of messages with `bytes` between two chares. */
function talk({ from, to, isByHome = false }: Situation, bytes: number): ReportingProgram<Times> {
  return (report) => {
    class Talker extends Chare<number> {
      other: ElementProxy<Talker> | undefined;
      home: ElementProxy<Relay> | undefined;
      done: Future | undefined;
      left = 0;

      async meet(other: ElementProxy<Talker>, home: ElementProxy<Relay> | undefined): Promise<void> {
        this.other = other;
        this.home = home;
      }

      move(pe: number): void {
        if (pe !== this.charm.pe) this.migrateTo(pe);
      }

      ping(left: number, done: Future): void {
        this.done = done;
        this._send('pong', left);
      }

      pong(left: number): void {
        this._send('back', left - 1);
      }

      back(left: number): void {
        if (left === 0) this.done?.set();
        else this._send('pong', left);
      }

      stream(count: number, done: Future): void {
        this.done = done;
        for (let i = 0; i < count; i++) this._send('take', count);
      }

      take(count: number): void {
        this.left = (this.left === 0 ? count : this.left) - 1;
        if (this.left === 0) this._send('taken', 0);
      }

      taken(): void {
        this.done?.set();
      }

      _send(entry: 'pong' | 'back' | 'take' | 'taken', count: number): void {
        const data = new Uint8Array(entry === 'taken' ? 0 : bytes);
        if (this.home === undefined) this._tell(this.other!, entry, count, data);
        else this.home.relay(this.other!, entry, count, data);
      }

      _tell(
        to: ElementProxy<Talker>,
        entry: 'pong' | 'back' | 'take' | 'taken',
        count: number,
        data: Uint8Array,
      ): void {
        (to as unknown as Record<string, (count: number, data: Uint8Array) => void>)[entry]!(count, data);
      }
    }

    class Relay extends Chare {
      relay(to: ElementProxy<Talker>, entry: string, count: number, data: Uint8Array): void {
        (to as unknown as Record<string, (count: number, data: Uint8Array) => void>)[entry]!(count, data);
      }
    }

    const main = async (charm: Charm): Promise<void> => {
      const array = await charm.array(Talker, { indices: [] });
      for (const [i, pe] of from.entries()) array.insert(i, { onPe: pe });
      await array.doneInserting();
      const home = isByHome ? await charm.chare(Relay, { onPe: 0 }) : undefined;
      const [a, b] = [array.at(0), array.at(1)];
      await a.ask.meet(b, home);
      await b.ask.meet(a, home);
      for (const [i, pe] of to.entries()) array.at(i).move(pe);
      await charm.quiescence();
      const timed = async (begin: (done: Future) => void): Promise<number> => {
        const done = charm.future();
        const started = charm.now();
        begin(done);
        await done.get();
        return charm.now() - started;
      };
      // The first messages may take a detour and correct it; what comes behind them is measured.
      await timed((done) => a.ping(5, done));
      const oneWay = (await timed((done) => a.ping(rounds, done))) / (2 * rounds);
      const seconds = await timed((done) => a.stream(streamed, done));
      report({ oneWay, bytesPerSecond: (streamed * bytes) / seconds });
      charm.exit();
    };
    return { default: main, Talker, Relay };
  };
}

async function sweep(situation: Situation, sizes: readonly number[], context: CurveContext): Promise<[Series, Series]> {
  const times: Times[] = [];
  for (const bytes of sizes) {
    context.signal.throwIfAborted();
    context.progress(`${situation.name}: ${bytes} bytes`);
    const { value } = await simulate(talk(situation, bytes), {
      pes,
      network: 'gigabit',
      seed: context.seed,
      signal: context.signal,
    });
    times.push(value);
  }
  const series = (of: (one: Times) => number): Series => ({
    name: situation.name,
    points: sizes.map((x, i) => ({ x, y: of(times[i]!) })),
  });
  return [series(({ oneWay }) => oneWay * 1e6), series(({ bytesPerSecond }) => bytesPerSecond / 1e6)];
}

export const migratedTraffic: Curve = {
  name: 'migrated-traffic',
  summary: 'latency and bandwidth between two chares before and after one or both migrate',
  published: [
    'Process migration on clusters of 2004: bandwidth of migrated processes fell to 58 % (one migrated) and 44 % (both) in one system, to 26 % and 23 % in another; one lost nothing.',
    'Sending directly was 52 % better than the detour by way of a home node for large messages.',
  ],
  setting: [
    'Four nodes of the network "gigabit". Two chares end on nodes 1 and 2 in every case; the contrast sends everything by way of node 0.',
    `Latency: half a round trip, mean of ${rounds}. Bandwidth: ${streamed} messages in a row and an answer.`,
  ],
  async run(context) {
    const sizes = context.isQuick ? [1, 65536] : [1, 16, 256, 1024, 4096, 16384, 65536, 262144, 1048576];
    const latencies: Series[] = [];
    const bandwidths: Series[] = [];
    for (const situation of situations) {
      const [latency, bandwidth] = await sweep(situation, sizes, context);
      latencies.push(latency);
      bandwidths.push(bandwidth);
    }
    const x = { label: 'bytes of a message', isLog: true };
    return {
      panels: [
        { name: 'latency', title: 'One way', x, y: { label: 'microseconds', isLog: true }, series: latencies },
        { name: 'bandwidth', title: 'A stream', x, y: { label: 'MB/s', isLog: true }, series: bandwidths },
      ],
      findings: [
        worst(latencies, 'latency', (moved, fresh) => fresh / moved),
        worst(bandwidths, 'bandwidth', (moved, fresh) => moved / fresh),
        detour(latencies, bandwidths),
      ],
    };
  },
};

function worst([fresh, ...others]: Series[], what: string, share: (moved: number, fresh: number) => number): string {
  const shares = others
    .slice(0, -1)
    .flatMap(({ name, points }) => points.map(({ x, y }, i) => ({ name, x, share: share(y, fresh!.points[i]!.y) })));
  const least = shares.reduce((a, b) => (b.share < a.share ? b : a));
  return `After migration ${what} is at least ${(100 * least.share).toFixed(1)} % of that of chares that never moved (${least.name}, ${least.x} bytes).`;
}

function detour(latencies: readonly Series[], bandwidths: readonly Series[]): string {
  const last = (series: Series | undefined): { readonly x: number; readonly y: number } => series!.points.at(-1)!;
  const [direct, byHome] = [last(latencies[0]), last(latencies.at(-1))];
  const better = Math.round(100 * (byHome.y / direct.y - 1));
  const streamed = `${last(bandwidths.at(-1)).y.toFixed(1)} MB/s by way of a home node and ${last(bandwidths[0]).y.toFixed(1)} directly`;
  return `A message of ${direct.x} bytes takes ${better} % longer by way of a home node, which stores and forwards it; a stream, where the adapters overlap, has ${streamed}.`;
}
