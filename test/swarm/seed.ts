/**
 * One run of the swarm, all of it drawn from one seed: a program, a machine, faults; watched by the checkers.
 *
 * A run is good if the program finds nothing wrong with itself, no invariant is broken, and it ends without error, or, where a
 * PE or node was lost, with the report of that loss and no other.
 */
import assert from 'node:assert/strict';
import { Chare, type Charm, CharmError, type ElementProxy } from 'charm4ts';
import { type SimulationOptions, type SimulationResult, shippedNetworks } from 'charm4ts/sim';
import fc from 'fast-check';
import { SeededRandom } from '../../core/base/random.ts';
import { balancedPlans, balancedProgram } from '../support/balanced-program.ts';
import { writeAndRead } from '../support/files-program.ts';
import { migrationProgram } from '../support/migration-program.ts';
import { RandomProgram, randomPrograms } from '../support/random-program.ts';
import { run, type Schedule } from '../support/schedule.ts';
import { section, sectionPlans } from '../support/section-program.ts';
import { talkativePlans, wander, wanderingPlans } from '../support/wandering-program.ts';

export interface SeedResult {
  readonly seed: number;
  readonly kind: string;
  /** What it ran on. */
  readonly machine: string;
  /** A crash or a lasting cut ended it, as it should. */
  readonly isLoss: boolean;
  readonly messages: number;
  readonly events: number;
  readonly hash: string;
  /** Why the run was bad. */
  readonly error: unknown;
}

/** A program of the swarm runs itself on what it is given. */
type Start = (schedule: Schedule, seed: number) => Promise<unknown>;

function drawn<T>(values: fc.Arbitrary<T>, seed: number): T {
  return fc.sample(values, { seed, numRuns: 1 })[0]!;
}

/** Two ends of a channel that both move. */
class Pipe extends Chare<number> {
  async feed(to: ElementProxy<Pipe>, count: number): Promise<void> {
    const channel = this.channel<number>(to, { window: 4 });
    for (let n = 0; n < count; n++) await channel.send(n);
    channel.close();
  }

  async drain(from: ElementProxy<Pipe>): Promise<number> {
    let next = 0;
    for await (const n of this.channel<number>(from)) {
      if (n !== next++) throw new Error(`${n} came in place of ${next - 1}`);
    }
    return next;
  }

  walk(left: number): void {
    if (left === 0) return;
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
    this.self.walk(left - 1);
  }
}

const pipes: Start = (schedule, seed) => {
  const main = async (charm: Charm): Promise<void> => {
    const size = 2 + (seed % 4);
    const ends = await charm.array(Pipe, { size });
    for (let round = 0; round < 3; round++) {
      const got: Promise<number>[] = [];
      for (let i = 0; i + 1 < size; i += 2) {
        ends.at(i).feed(ends.at(i + 1), 10 * i + (seed % 20));
        got.push(ends.at(i + 1).ask.drain(ends.at(i)));
        ends.at(i).walk(3);
      }
      await Promise.all(got);
      if (round < 2) break;
    }
    await charm.quiescence();
    charm.exit();
  };
  return run({ main, Pipe }, schedule);
};

/** Each kind as often as it stands here. */
const kinds: readonly (readonly [name: string, start: Start])[] = [
  ['wandering', (schedule, seed) => wander({ ...drawn(wanderingPlans, seed), schedule })],
  ['wandering', (schedule, seed) => wander({ ...drawn(wanderingPlans, seed), schedule })],
  ['talkative', (schedule, seed) => wander({ ...drawn(talkativePlans, seed), schedule })],
  [
    'messages',
    async (schedule, seed) => {
      const program = await RandomProgram.run({ ...drawn(randomPrograms, seed), schedule });
      assert.deepEqual(program.received.map(({ step, at }) => `${step} at ${at}`).sort(), program.expected);
      assert.deepEqual(program.atQuiescence, program.expectedAtQuiescence);
      assert.deepEqual(
        program.answers.sort((a, b) => a - b),
        program.asked,
      );
    },
  ],
  ['sections', (schedule, seed) => section({ ...drawn(sectionPlans, seed), schedule })],
  ['pipes', pipes],
  [
    'migration',
    (schedule, seed) => {
      const random = new SeededRandom(seed, 3);
      const plan = { elements: 1 + random.below(10), steps: random.below(20), rounds: random.below(4), seed };
      return run(migrationProgram(plan), schedule);
    },
  ],
  [
    'balanced',
    async (schedule, seed) => {
      const { program, world, balancing } = balancedProgram({ ...drawn(balancedPlans, seed), schedule });
      await run(program, { ...schedule, ...balancing });
      world.check();
    },
  ],
];

/** Kinds that are run when they are named, or by tests of their own. */
const others: ReadonlyMap<string, Start> = new Map([['files', writeAndRead]]);

const swarmStream = 0x5a;

/** The machine and the faults of a seed. */
function scheduleOf(seed: number): Schedule & { readonly network: string } {
  const random = new SeededRandom(seed, swarmStream);
  const pes = 1 + random.below(random.next() < 0.9 ? 8 : 24);
  const pesPerNode = 1 + random.below(pes);
  const network = shippedNetworks[random.below(shippedNetworks.length)]!.name;
  const isFaulty = random.next() < 0.8;
  const faults: SimulationOptions['faults'] = { livenessEvents: 2_000_000 };
  return { pes, pesPerNode, seed, shuffle: random.next() < 0.5, network, check: true, ...(isFaulty ? { faults } : {}) };
}

function kindOf(name: string | undefined, random: SeededRandom): readonly [name: string, start: Start] {
  if (name === undefined) return kinds[random.below(kinds.length)]!;
  const start = others.get(name) ?? kinds.find(([kind]) => kind === name)?.[1];
  if (start === undefined) throw new Error(`there is no kind ${name}`);
  return [name, start];
}

/** Runs one seed, of a kind that is drawn unless it is given. Never throws but for a kind that is not there. */
export async function runSeed(seed: number, name?: string): Promise<SeedResult> {
  const random = new SeededRandom(seed, swarmStream + 1);
  const [kind, start] = kindOf(name, random);
  const schedule = scheduleOf(seed);
  let result: SimulationResult | undefined;
  let error: unknown;
  const ended = (simulated: SimulationResult): void => {
    result = simulated;
  };
  try {
    await start({ ...schedule, ended }, seed);
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown');
  }
  const isLoss = result?.faults?.isLossReal === true;
  const isReported = result?.error instanceof CharmError && /^ERR_(PE|NODE)_LOST$/.test(result.error.code);
  // What a program found when the job had ended is bad in any case.
  if (isLoss && !(error instanceof assert.AssertionError))
    error = isReported ? undefined : (result?.error ?? new Error('a loss was not reported'));
  const { pes, pesPerNode, shuffle, network, faults } = schedule;
  return {
    seed,
    kind,
    machine: `${pes} PEs, ${pesPerNode} a node, ${network}${shuffle ? ', shuffled' : ''}${faults === undefined ? '' : ', faults'}`,
    isLoss,
    messages: result?.messages ?? 0,
    events: result?.events ?? 0,
    hash: result?.hash ?? '',
    error,
  };
}

/** The command that runs a seed again. */
export function replayOf(seed: number, name?: string): string {
  return `npm run swarm -- --seed ${seed}${name === undefined ? '' : ` --kind ${name}`}`;
}
