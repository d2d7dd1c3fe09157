/** Programs that wait: for ever (stuck), or for something outside the runtime (not stuck). The first argument picks one. */

import { createConnection, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompress, constants } from 'node:zlib';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

export class Waiting extends Chare<number> {
  async never(): Promise<void> {
    await new Promise(() => undefined);
  }

  async askNeighbour(): Promise<void> {
    await this.array.at(this.index - 1).ask.never();
  }

  async waitForEachOther(): Promise<void> {
    await this.array.at(this.index ^ 1).ask.turn(this.index);
  }

  async turn(from: number): Promise<void> {
    await this.array.at(from).ask.never();
  }

  async allButOne(missing: number): Promise<void> {
    if (this.index !== missing) await this.allreduce(1, Reducer.sum);
  }

  allButOneInto(missing: number, target: Future<number>): void {
    if (this.index !== missing) this.contribute(1, Reducer.sum, target);
  }

  /** Something that takes longer than the first look for stuck jobs. */
  async outside(kind: string): Promise<void> {
    await outside[kind]!();
    this.charm.exit(5);
  }
}

export class Sparse extends Chare<number> {
  take(): void {}

  add(target: Future<number>): void {
    this.contribute(1, Reducer.sum, target);
  }
}

const outside: Record<string, () => Promise<unknown>> = {
  timer: () => pause(1500),
  socket: answerOverTcp,
  compression: compressForLong,
};

/** A server that answers after a while, and its client; both only on sockets of this thread. */
async function answerOverTcp(): Promise<void> {
  const server = createServer((socket) => {
    setTimeout(() => socket.end('x'), 1200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  for await (const _ of createConnection(port, '127.0.0.1'));
  server.close();
}

/** Work in the thread pool, one second and more, of which no list of open handles knows. */
async function compressForLong(): Promise<void> {
  const started = performance.now();
  const data = Buffer.alloc(400_000, 'the quick brown fox, and so on; ');
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  while (performance.now() - started < 1200) {
    for (let i = 0; i < data.length; i += 3) data[i] = i * started;
    await new Promise((resolve) => brotliCompress(data, { params }, resolve));
  }
}

const cases: Record<string, (charm: Charm) => unknown> = {
  nothing: () => undefined,
  forgotten: (charm) => charm.array(Waiting, { size: 4 }),
  plainPromise: () => new Promise(() => undefined),
  future: (charm) => charm.future().get(),
  tracked: (charm) => charm.track(new Promise(() => undefined)),
  ask: async (charm) => (await charm.array(Waiting, { size: 4 })).at(3).askNeighbour(),
  circle: async (charm) => (await charm.array(Waiting, { size: 2 })).all.waitForEachOther(),
  allreduce: async (charm) => (await charm.array(Waiting, { size: 8 })).all.allButOne(6),
  contribute: async (charm) => {
    const sum = charm.future<number>();
    (await charm.array(Waiting, { size: 8 })).all.allButOneInto(1, sum);
    await sum.get();
  },
  neverInserted: async (charm) => {
    const sparse = await charm.array(Sparse, { indices: [1, 2] });
    sparse.at(9).take();
    await charm.quiescence();
  },
  doneInserting: async (charm) => {
    const sparse = await charm.array(Sparse, { indices: [] });
    const sum = charm.future<number>();
    sparse.insert(1);
    sparse.at(1).add(sum);
    await sum.get();
  },
  timer: async (charm) => (await charm.group(Waiting)).at(1).outside('timer'),
  socket: async (charm) => (await charm.group(Waiting)).at(1).outside('socket'),
  compression: async (charm) => (await charm.group(Waiting)).at(1).outside('compression'),
  mainTimer: async (charm) => {
    await pause(1200);
    charm.exit(5);
  },
  sleep: async (charm) => {
    await charm.sleep(1200);
    charm.exit(5);
  },
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
