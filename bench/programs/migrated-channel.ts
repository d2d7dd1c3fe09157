/**
 * Round trips between two chares that have migrated; the calibration is the same traffic between two chares that were
 * created where the others have come to. Four placements on two PEs: fresh apart, fresh together, and the migrated ones.
 */
import { Chare, type Charm, type ElementProxy, type Future, placement } from '../../core/index.ts';
import { measure, planOf, timed, type Work } from '../sampling.ts';

export interface Situation {
  readonly name: string;
  /** PEs of the two chares at creation, and where they migrate to. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export const situations: readonly Situation[] = [
  { name: 'before', from: [0, 1], to: [0, 1] },
  { name: 'one-moved', from: [0, 0], to: [0, 1] },
  { name: 'both-apart', from: [0, 1], to: [1, 0] },
  { name: 'both-together', from: [0, 1], to: [1, 1] },
];

export const workloads: readonly { readonly name: string; readonly bytes: number }[] = [
  { name: 'latency', bytes: 0 },
  { name: '64-KiB', bytes: 1 << 16 },
];

export class Talker extends Chare<number> {
  done: Future | undefined = undefined;
  other: ElementProxy<Talker> | undefined = undefined;
  arrived: Future | undefined = undefined;

  meet(other: ElementProxy<Talker>): void {
    this.other = other;
  }

  go(pe: number, arrived: Future): void {
    if (pe === this.charm.pe) return arrived.set();
    this.arrived = arrived;
    this.migrateTo(pe);
  }

  justMigrated(): void {
    this.arrived!.set();
  }

  start(rounds: number, data: Uint8Array | undefined, done: Future): void {
    this.done = done;
    this.ping(rounds, data);
  }

  ping(roundsLeft: number, data: Uint8Array | undefined): void {
    if (roundsLeft === 0) this.done!.set();
    else this.other!.pong(roundsLeft, data);
  }

  pong(roundsLeft: number, data: Uint8Array | undefined): void {
    this.other!.ping(roundsLeft - 1, data);
  }
}

/** An index's parity says where it starts. */
export const chosen = placement<number>('chosen', (index, { pes }) => (index % 2) % pes);

/** Two chares that were created on `from` and have gone to `to`. */
async function pairAt(
  charm: Charm,
  first: number,
  from: readonly [number, number],
  to: readonly [number, number],
): Promise<Work[]> {
  const array = await charm.array(Talker, { indices: [first * 4 + from[0], first * 4 + 2 + from[1]], map: chosen });
  const [a, b] = [array.at(first * 4 + from[0]), array.at(first * 4 + 2 + from[1])];
  a.meet(b);
  b.meet(a);
  for (const [i, talker] of [a, b].entries()) {
    const arrived = charm.future();
    talker.go(to[i]!, arrived);
    await arrived.get();
  }
  return workloads.map(({ bytes }) => {
    const data = bytes === 0 ? undefined : new Uint8Array(bytes).fill(1);
    const run = (rounds: number): Promise<number> => {
      const done = charm.future();
      return timed(() => {
        a.start(rounds, data, done);
        return done.get();
      });
    };
    return { run };
  });
}

export default async function main(charm: Charm): Promise<void> {
  const trials = [];
  for (const [i, { name, from, to }] of situations.entries()) {
    const moved = await pairAt(charm, 2 * i, from, to);
    const fresh = await pairAt(charm, 2 * i + 1, to, to);
    for (const [w, workload] of workloads.entries()) {
      trials.push({
        case: `${name}-${workload.name}`,
        figure: moved[w]!,
        calibration: { name: 'fresh', ...fresh[w]! },
      });
    }
  }
  await measure(planOf(charm), trials);
  charm.exit();
}
