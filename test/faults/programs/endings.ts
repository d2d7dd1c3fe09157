/** Programs that end on purpose, one way per case; the first argument picks it. */
import { createServer } from 'node:http';
import { Chare, type Charm, Reducer } from 'charm4ts';

export class Ending extends Chare<number> {
  #count = 0;

  exit(code: number): void {
    this.charm.exit(code);
  }

  async exitDeep(depth: number): Promise<void> {
    if (depth > 0) return this.array.at((this.index + 1) % this.array.size).ask.exitDeep(depth - 1);
    await this.charm.sleep(1);
    this.charm.exit(9);
  }

  abort(): void {
    this.charm.abort('the mesh has holes');
  }

  abortError(): void {
    this.charm.abort(new RangeError('the mesh is too coarse')); // throws: abort
  }

  exitAndThrow(): void {
    this.charm.exit(6);
    throw new Error('after the end');
  }

  /** Sends for ever, so that messages are in flight whenever the job ends. */
  storm(data: Float64Array): void {
    this.array.at((this.index + 1) % this.array.size).storm(data);
    if (++this.#count === 500 && this.index === 0) this.charm.exit(8);
  }

  print(lines: number): void {
    for (let i = 0; i < lines; i++) console.log(`${this.index} ${i} `.padEnd(99, '.'));
    console.error(`PE ${this.index} has printed`);
  }

  async printForEver(): Promise<void> {
    for (;;) {
      console.log('again');
      await this.charm.sleep(0);
    }
  }

  keepOpen(): void {
    setInterval(() => undefined, 10);
    createServer().listen(0, '127.0.0.1', () => this.charm.exit(0));
  }

  reduceToExit(value: number): void {
    this.contribute(value, Reducer.sum, this.charm.exitCallback);
  }
}

const cases: Record<string, (charm: Charm) => unknown> = {
  exit0: (charm) => charm.exit(),
  exit7: async (charm) => (await charm.array(Ending, { size: 4 })).at(3).exit(7),
  twice: (charm) => {
    charm.exit(2);
    charm.exit(3);
  },
  everyone: async (charm) => (await charm.array(Ending, { size: 16 })).all.exit(7),
  deep: async (charm) => (await charm.array(Ending, { size: 4 })).at(0).ask.exitDeep(10),
  abort: async (charm) => (await charm.array(Ending, { size: 4 })).at(3).abort(),
  abortError: async (charm) => (await charm.array(Ending, { size: 4 })).at(3).abortError(),
  mainAbort: (charm) => charm.abort('nothing to do'),
  exitAndThrow: async (charm) => (await charm.array(Ending, { size: 4 })).at(3).exitAndThrow(),
  storm: async (charm) => {
    const all = await charm.array(Ending, { size: 16 });
    for (let i = 0; i < 16; i++) all.at(i).storm(new Float64Array(2000));
  },
  print: async (charm) => {
    (await charm.group(Ending)).all.print(7000);
    await charm.quiescence();
    charm.exit();
  },
  printAndFail: async (charm) => {
    (await charm.group(Ending)).all.print(1000);
    await charm.quiescence();
    throw new Error('after printing');
  },
  printForEver: async (charm) => (await charm.group(Ending)).all.printForEver(),
  keepOpen: async (charm) => (await charm.group(Ending)).at(1).keepOpen(),
  reduceToExit: async (charm) => (await charm.array(Ending, { size: 4 })).all.reduceToExit(3),
  reduceTooFar: async (charm) => (await charm.array(Ending, { size: 4 })).all.reduceToExit(100),
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
