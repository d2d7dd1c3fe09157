/** Programs in which a PE dies, one per case; the first argument picks it. */
import { setTimeout as pause } from 'node:timers/promises';
import { Chare, type Charm } from 'charm4ts';

interface Link {
  readonly next: Link | undefined;
  readonly weight: number;
}

export class Mortal extends Chare<number> {
  #kept: Link | undefined = undefined;

  timer(): void {
    setTimeout(() => {
      throw new Error('thrown in a timer'); // throws: timer
    }, 1);
  }

  rejection(): void {
    void rejectSoon();
  }

  nullRejection(): void {
    void Promise.reject(null);
  }

  leave(code: number): void {
    console.log('said before leaving');
    process.exit(code);
  }

  eat(): void {
    for (;;) this.#kept = { next: this.#kept, weight: 1 };
  }

  spin(): void {
    console.log('spinning');
    for (;;);
  }

  /** Fails once the other PE spins for ever. */
  async failLater(): Promise<void> {
    await pause(100);
    throw new Error('failed while another PE spins');
  }

  fail(): void {
    throw new Error(`PE ${this.charm.pe} failed`);
  }

  die(): void {
    if (this.index % 3 === 0) this.fail();
    else if (this.index % 3 === 1) process.exit(9);
    else this.timer();
  }

  ownHandler(): void {
    process.on('uncaughtException', () => this.charm.exit(4));
    this.timer();
  }
}

async function rejectSoon(): Promise<void> {
  await pause(1);
  throw new Error('nobody awaits this'); // throws: rejection
}

const cases: Record<string, (charm: Charm) => unknown> = {
  timer: async (charm) => (await charm.group(Mortal)).at(1).timer(),
  rejection: async (charm) => (await charm.group(Mortal)).at(1).rejection(),
  nullRejection: async (charm) => (await charm.group(Mortal)).at(1).nullRejection(),
  exit0: async (charm) => (await charm.group(Mortal)).at(1).leave(0),
  exit3: async (charm) => (await charm.group(Mortal)).at(1).leave(3),
  mainExit: () => process.exit(0),
  eat: async (charm) => (await charm.array(Mortal, { size: 4 })).at(3).eat(),
  spin: async (charm) => {
    const mortals = await charm.group(Mortal);
    mortals.at(0).failLater();
    mortals.at(1).spin();
  },
  spinOnly: async (charm) => (await charm.array(Mortal, { size: 4 })).at(3).spin(),
  idle: async (charm) => {
    console.log('idle');
    await charm.sleep(3_600_000);
  },
  manyFail: async (charm) => (await charm.array(Mortal, { size: 64 })).all.fail(),
  manyDie: async (charm) => (await charm.group(Mortal)).all.die(),
  ownHandler: async (charm) => (await charm.group(Mortal)).at(1).ownHandler(),
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
