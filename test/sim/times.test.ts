/** Virtual time: what messages, work and waiting take on simulated machines, against figures worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, type Future } from 'charm4ts';
import { type NetworkDescription, runSimulated, type SimulationOptions, shippedNetworks } from 'charm4ts/sim';

/** Round numbers, and nothing that takes time unless a test says so. */
const free: NetworkDescription = {
  name: 'free',
  within: { latencyUs: 1, overheadUs: 0, gapUs: 0, bytesPerSecond: 1e15 },
  between: { latencyUs: 100, overheadUs: 0, gapUs: 0, bytesPerSecond: 1e15 },
  pesPerNode: 1,
  taskUs: 0,
};

const close = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

/** Tells when things happened, in virtual seconds. */
export class Probe extends Chare {
  readonly times: number[] = [];

  take(_bytes?: Uint8Array): void {
    this.times.push(this.charm.now());
  }

  compute(seconds: number): void {
    this.charm.work(seconds);
    this.times.push(this.charm.now());
  }

  /** Computes, and then sends. */
  computeAndSend(seconds: number, to: number): void {
    this.charm.work(seconds);
    this.group.at(to).take();
  }

  send(to: number, count: number, bytes: number): void {
    const data = new Uint8Array(bytes);
    for (let i = 0; i < count; i++) this.group.at(to).take(data);
  }

  async nap(ms: number): Promise<void> {
    await this.charm.sleep(ms);
    this.times.push(this.charm.now());
  }

  report(done: Future<number[]>): void {
    done.set(this.times);
  }
}

type Act = (probes: (pe: number) => Probe) => void;

/** Runs `act` at virtual time 0 of an own origin on PE 0; gives the times that a PE noted, from that origin. */
async function timesOf(pe: number, act: Act, options: Partial<SimulationOptions> = {}): Promise<number[]> {
  let times: number[] = [];
  const main = async (charm: Charm): Promise<void> => {
    const probes = await charm.group(Probe);
    await charm.quiescence();
    const origin = charm.now();
    act((to) => probes.at(to) as unknown as Probe);
    await charm.quiescence();
    const done = charm.future<number[]>();
    probes.at(pe).report(done);
    times = (await done.get()).map((time) => time - origin);
    charm.exit();
  };
  const result = await runSimulated({ program: { main, Probe }, pes: 4, network: free, ...options });
  if (result.error !== undefined) throw result.error;
  return times;
}

/** One PE keeps itself busy until the others have passed a token round. */
export class Endless extends Chare {
  private hasHeard = false;

  churn(): void {
    order.push(this.charm.pe);
    // Not without end if it starves the others: a test must not hang.
    assert(order.length < 100_000, 'the other PEs never had a turn');
    if (!this.hasHeard) this.group.at(this.charm.pe).churn();
  }

  pass(hops: number, left: number, done: Future<number>): void {
    order.push(this.charm.pe);
    if (left === 0) {
      this.group.all.stop();
      done.set(hops);
    } else this.group.at((this.charm.pe + 1) % this.charm.pes).pass(hops + 1, left - 1, done);
  }

  stop(): void {
    this.hasHeard = true;
  }
}

/** PEs in the order of their turns. */
let order: number[] = [];

async function withEndlessTraffic({ hops, ...options }: Omit<SimulationOptions, 'program'> & { hops: number }) {
  let value = 0;
  order = [];
  const main = async (charm: Charm): Promise<void> => {
    const group = await charm.group(Endless);
    order = [];
    group.all.churn();
    const done = charm.future<number>();
    group.at(1).pass(0, hops, done);
    value = await done.get();
    charm.exit();
  };
  const result = await runSimulated({ program: { main, Endless }, ...options });
  if (result.error !== undefined) throw result.error;
  return { value, order: order.join('') };
}

const us = 1e-6;

describe('virtual time', () => {
  it('passes for a message: latency', async () => {
    const [time] = await timesOf(2, (at) => at(2).take());
    close(time!, 100 * us);
  });

  it('passes for a message: overheads at both ends', async () => {
    const network = { ...free, between: { ...free.between, overheadUs: 7 } };
    const [time] = await timesOf(2, (at) => at(2).take(), { network });
    close(time!, (7 + 100 + 7) * us);
  });

  it('passes for the bytes of a message, once, though they go through two adapters', async () => {
    const network = { ...free, between: { ...free.between, bytesPerSecond: 1e6 } };
    const [time] = await timesOf(2, (at) => at(2).take(new Uint8Array(1_000_000)), { network });
    close(time!, 1 + 100 * us, 2e-4);
  });

  it('keeps the gap between messages of one host', async () => {
    const network = { ...free, between: { ...free.between, gapUs: 50 } };
    const times = await timesOf(
      2,
      (at) => {
        for (let i = 0; i < 4; i++) at(2).take();
      },
      { network },
    );
    assert.deepEqual(
      times.map((time) => Math.round(time / us)),
      [100, 150, 200, 250],
    );
  });

  it('is the longer where two senders share the adapter of a receiver', async () => {
    const network = { ...free, between: { ...free.between, bytesPerSecond: 1e6 } };
    const times = await timesOf(
      3,
      (at) => {
        at(1).send(3, 1, 1_000_000);
        at(2).send(3, 1, 1_000_000);
      },
      { network },
    );
    close(times[0]!, 1, 1e-3);
    close(times[1]!, 2, 1e-3);
  });

  it('is the longer where all pass one uplink, and not where they stay below their switch', async () => {
    const switches = [{ hosts: 2, latencyUs: 0, bytesPerSecond: 1e6 }];
    const network = { ...free, switches };
    const across = await timesOf(
      3,
      (at) => {
        at(0).send(3, 1, 1_000_000);
        at(1).send(3, 1, 1_000_000);
      },
      { network },
    );
    close(across[0]!, 1, 1e-3);
    close(across[1]!, 2, 1e-3);
    const below = await timesOf(3, (at) => at(2).send(3, 2, 1_000_000), { network });
    assert(below[1]! < 1e-3, `${below[1]} s below one switch`);
  });

  it('is less between PEs of one host', async () => {
    const [time] = await timesOf(1, (at) => at(1).take(), { pesPerNode: 2 });
    close(time!, 1 * us);
  });

  it('passes while a PE computes, and not elsewhere', async () => {
    const [own] = await timesOf(1, (at) => at(1).compute(3));
    close(own!, 3 + 100 * us);
    const [other] = await timesOf(2, (at) => {
      at(1).compute(3);
      at(2).take();
    });
    close(other!, 100 * us);
  });

  it('lets a message leave when its sender has come to it, though others are sent meanwhile', async () => {
    const network = { ...free, between: { ...free.between, gapUs: 10 } };
    const times = await timesOf(
      3,
      (at) => {
        at(1).computeAndSend(5, 3);
        at(2).send(3, 1, 0);
      },
      { network },
    );
    close(times[0]!, 210 * us, 20 * us);
    close(times[1]!, 5 + 200 * us, 20 * us);
  });

  it('passes in proportion to the speed of a PE, as it changes', async () => {
    const compute: Act = (at) => {
      at(1).compute(1);
    };
    const [half] = await timesOf(1, compute, { network: { ...free, speeds: [{ pes: [1, 1], speed: 0.5 }] } });
    close(half!, 2 + 100 * us);
    const [loaded] = await timesOf(1, compute, { network: { ...free, speeds: [{ load: 0.75 }] } });
    close(loaded!, 4 + 100 * us);
    const [others] = await timesOf(1, compute, { network: { ...free, speeds: [{ pes: [2, 3], speed: 0.1 }] } });
    close(others!, 1 + 100 * us);
    const speeds = [{ fromSeconds: 0.5, speed: 0.5 }];
    const [changed] = await timesOf(1, compute, { network: { ...free, speeds } });
    close(changed!, 0.5 + 2 * 0.5, 1e-3);
  });

  it('goes on for PEs that share a core, one after the other', async () => {
    const shared = { ...free, hosts: 2, coresPerHost: 1 };
    // PEs 1 and 3 are on host 1.
    const times = await timesOf(
      3,
      (at) => {
        at(1).compute(2);
        at(3).compute(3);
      },
      { network: shared },
    );
    close(times[0]!, 5, 1e-3);
  });

  it('gives PEs that share a core turns one by one, whatever one of them has to do', async () => {
    const shared = { ...free, hosts: 1, coresPerHost: 1, taskUs: 1 };
    const { order } = await withEndlessTraffic({ network: shared, pes: 3, hops: 4 });
    assert.match(order, /^0*(012){3,}/, order);
  });

  for (const seed of [1, 2, 3])
    it(`goes on where one PE of a core sends to itself without end [gigabit, 2 PEs a node, seed=${seed}]`, async () => {
      const { value } = await withEndlessTraffic({ network: 'gigabit', pes: 8, pesPerNode: 2, seed, hops: 50 });
      assert.equal(value, 50);
    });

  it('is not the time that the program takes here: an hour of sleep and of work', async () => {
    const started = performance.now();
    const times = await timesOf(1, (at) => {
      at(1).nap(3_600_000);
      at(1).compute(3600);
    });
    assert(performance.now() - started < 60_000);
    close(times[0]!, 3600, 1e-3);
    close(times[1]!, 3600, 1e-3);
  });
});

describe('the gigabit cluster', () => {
  const gigabit = shippedNetworks.find(({ name }) => name === 'gigabit')!;

  it('takes 229 to 240 us for a small message, one way', async () => {
    const seen: number[] = [];
    for (let to = 1; to < 37; to++) {
      const [time] = await timesOf(to, (at) => at(to).take(), { network: gigabit, pes: 37 });
      seen.push(time! / us);
    }
    const [least, most] = [Math.min(...seen), Math.max(...seen)];
    assert(least >= 229 && least < 232, `least ${least}`);
    assert(most <= 241 && most > 238, `most ${most}`);
  });

  it('moves 100 MB/s', async () => {
    const times = await timesOf(1, (at) => at(0).send(1, 10, 10_000_000), { network: gigabit, pes: 2 });
    close(100e6 / times[9]!, 100e6, 1e6);
  });

  it('has 37 hosts, which more nodes share', async () => {
    const main = (charm: Charm): void => charm.exit();
    const { nodes, hosts } = await runSimulated({ program: { main }, pes: 80, network: gigabit });
    assert.deepEqual({ nodes, hosts }, { nodes: 80, hosts: 37 });
  });
});
