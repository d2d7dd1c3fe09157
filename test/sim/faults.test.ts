/** Simulated faults: what programs survive, how a loss is reported, and that nothing hangs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, CharmError, PeLostError, UsageError } from 'charm4ts';
import { runSimulated, type SimulationOptions, type SimulationResult } from 'charm4ts/sim';
import { migrationProgram } from '../support/migration-program.ts';

type Faults = NonNullable<SimulationOptions['faults']>;

export class Talker extends Chare<number> {
  /** Passes a message round for so long that everything happens meanwhile. */
  pass(left: number): void {
    this.charm.work(1e-3);
    if (left > 0) this.array.at((this.index + 1) % this.array.size).pass(left - 1);
  }

  take(_bytes: Uint8Array): void {
    this.charm.work(1e-3);
  }
}

const talk =
  (messages: number) =>
  async (charm: Charm): Promise<void> => {
    const talkers = await charm.array(Talker, { size: charm.pes });
    talkers.at(0).pass(messages);
    await charm.quiescence();
    charm.exit();
  };

/** A job of 6 PEs on 3 nodes that talks for about `ms` of virtual time. */
function run(faults: Faults, ms = 100, seed = 1): Promise<SimulationResult> {
  const main = talk(ms);
  const machine = { pes: 6, pesPerNode: 2, network: 'gigabit', seed };
  return runSimulated({ program: { main, Talker }, ...machine, faults: { draw: false, ...faults } });
}

function lossOf({ error, exitCode, faults }: SimulationResult): PeLostError {
  assert(error instanceof PeLostError, `${String(error)}\n${faults?.log.join('\n')}`);
  assert.equal(exitCode, 1);
  return error;
}

describe('a faulty network', () => {
  it('changes nothing but times: loss, doubles, damage, delay and reordering, a third of the packets each', async () => {
    const share = 0.33;
    for (let seed = 1; seed <= 5; seed++) {
      const { error, faults, seconds } = await runSimulated({
        program: migrationProgram({ elements: 12, steps: 20, rounds: 3, seed }),
        pes: 6,
        pesPerNode: 2,
        seed,
        network: 'gigabit',
        faults: {
          draw: false,
          loss: share,
          duplication: share,
          damage: share,
          delay: { share, meanMs: 5 },
          reordering: { share, maxMs: 5 },
          // More than half of the heartbeats are lost too.
          heartbeat: { deadMs: 60_000 },
        },
      });
      assert.equal(error, undefined);
      const { packets, lost, doubled, damaged, delayed } = faults!.packets;
      for (const count of [lost, doubled, damaged, delayed]) assert(count > packets / 10, `${count} of ${packets}`);
      assert(faults!.protocol.repeats > 0 && faults!.protocol.damaged > 0 && faults!.protocol.doubles > 0);
      assert(seconds < 100);
    }
  });

  it('is drawn from the seed, and the same again', async () => {
    const drawn = (seed: number): Promise<SimulationResult> => run({ draw: true }, 50, seed);
    const [first, again, other] = [await drawn(3), await drawn(3), await drawn(4)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other.faults!.options, first.faults!.options);
  });

  it('with a receiver that is slow holds back its senders, and memory stays bounded', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const talkers = await charm.array(Talker, { size: charm.pes });
      for (let i = 0; i < 400; i++) talkers.at(1).take(new Uint8Array(50_000));
      await charm.quiescence();
      charm.exit();
    };
    const { error } = await runSimulated({
      program: { main, Talker },
      pes: 2,
      pesPerNode: 1,
      network: 'gigabit',
      faults: { draw: false, loss: 0.1, slow: { everyMs: 10, meanMs: 1000, factor: 50 } },
    });
    assert.equal(error, undefined);
  });

  it('that is cut for less than 5 s loses nothing', async () => {
    const { error, faults } = await run(
      { partition: { everyMs: 2000, meanMs: 600, isolate: 0.5, oneWay: 0.5 } },
      20_000,
    );
    assert.equal(error, undefined);
    assert(faults!.packets.cut > 10);
  });

  it('with clocks that leap by hours and nodes that stand still has no false deaths', async () => {
    const faults = { clockJump: { everyMs: 100, maxMs: 7_200_000 }, pause: { everyMs: 4000, meanMs: 1000 } };
    assert.equal((await run(faults, 20_000)).error, undefined);
  });
});

describe('a loss', () => {
  it('of a PE is reported within milliseconds, with its number', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const result = await run({ peCrashMs: 40 }, 1e4, seed);
      const loss = lossOf(result);
      assert.equal(loss.code, 'ERR_PE_LOST');
      const pe = Number(/PE (\d) crashes/.exec(result.faults!.log.join())![1]);
      assert.deepEqual([loss.place?.pe, result.seconds < 0.1], [pe, true], loss.message);
    }
  });

  it('of a node is reported after 5 s and before 6.5 s, with its number', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const result = await run({ nodeCrashMs: 40, loss: 0.05 }, 1e5, seed);
      const loss = lossOf(result);
      assert.equal(loss.code, 'ERR_NODE_LOST');
      const node = /node (\d) crashes/.exec(result.faults!.log.join())![1];
      assert.match(loss.message, new RegExp(`^node ${node} was lost`));
      assert(result.seconds > 4.5 && result.seconds < 6.6, `${result.seconds} s`);
    }
  });

  it('of a link, in one direction or both, ends the job on the side of node 0, and the other side stops', async () => {
    for (const oneWay of [0, 1])
      for (let seed = 1; seed <= 6; seed++) {
        const result = await run({ cutMs: 40, partition: { oneWay } }, 1e5, seed);
        assert.equal(lossOf(result).code, 'ERR_NODE_LOST', result.faults!.log.join('\n'));
        assert(result.seconds < 12.5, `${result.seconds} s`);
      }
  });

  it('is found though the program has ended meanwhile, or never would', async () => {
    const program = { main: (charm: Charm): unknown => charm.sleep(100).then(() => charm.exit()) };
    const machine = { pes: 4, pesPerNode: 1, network: 'gigabit' };
    const faults = { draw: false, nodeCrashMs: 1 };
    for (let seed = 1; seed <= 4; seed++) lossOf(await runSimulated({ program, ...machine, faults, seed }));
    const never = { main: (charm: Charm): unknown => charm.sleep(1e7) };
    for (let seed = 1; seed <= 4; seed++) lossOf(await runSimulated({ program: never, ...machine, faults, seed }));
  });

  it('is not undone by a restart: the new incarnation is refused', async () => {
    const result = await run({ nodeCrashMs: 40, restartMs: 100 }, 1e5, 2);
    lossOf(result);
    const log = result.faults!.log.join('\n');
    assert.match(log, /incarnation 2\n[\s\S]*incarnation 2, is refused by PE/);
    assert(result.faults!.protocol.strange > 0);
  });
});

describe('the liveness phase', () => {
  it('that takes too many events ends with a description of where everything stands', async () => {
    const { error } = await run({ untilMs: 1, livenessEvents: 5000 }, 1e6);
    assert(error instanceof CharmError && error.code === 'ERR_STUCK');
    assert.match(error.message, /5000 events after the last fault/);
    assert.match(error.message, /main on PE 0 has not ended/);
  });
});

describe('fault options', () => {
  it('are refused by name', async () => {
    const refuse = (faults: object, message: RegExp): Promise<void> =>
      assert.rejects(run(faults as Faults), (error: Error) => {
        assert(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      });
    await refuse({ lost: 1 }, /faults has no lost; it has loss, duplication/);
    await refuse({ loss: 2 }, /faults\.loss must be a number from 0 to 1, not 2/);
    await refuse({ partition: { everyMs: -1 } }, /faults\.partition\.everyMs must be a number from 0/);
    await refuse({ clog: 3 }, /faults\.clog must be an object, not 3/);
  });
});
