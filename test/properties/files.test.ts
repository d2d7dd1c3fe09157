/** Files that many chares write and read: the same bytes whatever the machine, and one error if it can't be. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';
import * as io from 'charm4ts/io';
import {
  createFile,
  type FileAccess,
  type FileCursor,
  openFile,
  type ReadableFile,
  ReadBuffer,
  type WritableFile,
  WriteBuffer,
} from 'charm4ts/io';
import fc from 'fast-check';
import { nodeFiles } from '../../io/file-access.ts';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

let folder = '';
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'charm4ts-io-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(folder, `file${count++}`);
const once = { pes: 2, pesPerNode: 2, seed: 1, shuffle: true };

/** Byte `i` of every file here. */
const byteAt = (i: number): number => (i * 7 + (i >> 8)) & 255;
const content = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from }, (_, i) => byteAt(from + i));

export class Author extends Chare<number> {
  async write(file: WritableFile, pieces: readonly (readonly [number, number])[]): Promise<void> {
    for (const [from, to] of pieces) {
      file.write(from, content(from, to));
      if (this.charm.random() < 0.3) await this.charm.sleep(0);
    }
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
  }
}

/** Reads a file from its own place on, moving on after each read. */
export class Walker extends Chare<number> {
  private cursor: FileCursor | undefined = undefined;
  private sum = 0;
  private bytes = 0;

  begin(file: ReadableFile, length: number, done: Future<number[]>): void {
    this.cursor = file.cursor();
    this.self.next(length, done);
  }

  async next(length: number, done: Future<number[]>): Promise<void> {
    const [a, b] = await Promise.all([this.cursor!.read(length), this.cursor!.read(1)]);
    for (const byte of [...a, ...b]) this.sum = (this.sum * 31 + byte) % 1_000_003;
    this.bytes += a.length + b.length;
    if (this.cursor!.isAtEnd) return this.contribute([this.sum, this.bytes], Reducer.gather(), done as never);
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
    this.self.next(length, done);
  }
}

/** A disk that takes a few bytes at a time, and has room for so many. */
class SmallDisk extends WriteBuffer {
  static room = Number.POSITIVE_INFINITY;

  override _files(): FileAccess {
    return {
      ...nodeFiles,
      open: async (name, mode) => {
        const file = await nodeFiles.open(name, mode);
        const write = async (bytes: Uint8Array, at: number): Promise<number> => {
          if (at + bytes.length > SmallDisk.room)
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          return file.write(bytes.subarray(0, 5), at);
        };
        return { ...file, write };
      },
    };
  }
}

class BadDisk extends ReadBuffer {
  override _files(): FileAccess {
    const read = (): never => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    return { ...nodeFiles, open: async (name, mode) => ({ ...(await nodeFiles.open(name, mode)), read }) };
  }
}

const program = { ...io, Author, Walker, SmallDisk, BadDisk };

/** Cuts `bytes` at these places, and deals the pieces out. */
const plans = fc.record({
  schedule: schedules,
  bytes: fc.integer({ min: 0, max: 600 }),
  cuts: fc.array(fc.nat({ max: 600 }), { maxLength: 20 }),
  stripeBytes: fc.integer({ min: 1, max: 200 }),
  order: fc.infiniteStream(fc.nat()),
  authors: fc.integer({ min: 1, max: 4 }),
  length: fc.integer({ min: 1, max: 150 }),
});

describe('a file that many chares write', () => {
  it('has the same bytes whatever the machine, and can be read by chares that move', () =>
    check(
      plans,
      async ({ schedule, bytes, cuts, stripeBytes, order, authors, length }) => {
        const target = path();
        const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes), bytes])].sort((a, b) => a - b);
        const pieces = edges.slice(1).map((to, i) => [edges[i]!, to, order.next().value as number] as const);
        pieces.sort((a, b) => a[2] - b[2]);
        const main = async (charm: Charm): Promise<void> => {
          const file = await createFile(charm, target, { bytes, stripeBytes });
          const array = await charm.array(Author, { size: authors });
          const mine = (author: number): [number, number][] =>
            pieces.filter((_, i) => i % authors === author).map(([from, to]) => [from, to]);
          for (let author = 0; author < authors; author++) array.at(author).write(file, mine(author));
          await file.finished();
          assert.deepEqual(new Uint8Array(await readFile(target)), content(0, bytes));
          const input = await openFile(charm, target, { stripeBytes });
          assert.equal(input.size, bytes);
          assert.deepEqual(await input.read(bytes >> 1, bytes), content(bytes >> 1, bytes));
          const walkers = await charm.array(Walker, { size: 3 });
          const done = charm.future<number[]>();
          walkers.all.begin(input, length, done);
          const sum = [...content(0, bytes)].reduce((total, byte) => (total * 31 + byte) % 1_000_003, 0);
          assert.deepEqual(
            await done.get(),
            [0, 1, 2].map(() => [sum, bytes]),
          );
          input.close();
          await charm.quiescence();
          charm.exit();
        };
        await run({ ...program, main }, schedule);
      },
      { runs: 40 },
    ));
});

async function writing(
  options: object,
  use: (file: WritableFile, charm: Charm) => Promise<void>,
  target = path(),
): Promise<void> {
  const main = async (charm: Charm): Promise<void> => {
    await use(await createFile(charm, target, { bytes: 100, stripeBytes: 30, ...options }), charm);
    await charm.quiescence();
    charm.exit();
  };
  await run({ ...program, main }, once);
}

describe('trouble with files', () => {
  it('short writes are gone on with', async () => {
    SmallDisk.room = Number.POSITIVE_INFINITY;
    const target = path();
    await writing(
      { buffer: SmallDisk },
      async (file) => {
        file.write(0, content(0, 100));
        await file.finished();
      },
      target,
    );
    assert.deepEqual(new Uint8Array(await readFile(target)), content(0, 100));
  });

  it('a full disk is one error with the path, and leaves nothing behind', async () => {
    SmallDisk.room = 50;
    const target = path();
    await writing(
      { buffer: SmallDisk },
      async (file) => {
        file.write(0, content(0, 100));
        for (let again = 0; again < 2; again++)
          await assert.rejects(file.finished(), (error: Error & { code?: string }) => {
            assert.match(`${error.message} ${(error.cause as Error).message}`, /can't be written: ENOSPC/);
            assert(error.message.includes(target) && (error.cause as { code?: string }).code === 'ENOSPC');
            return true;
          });
      },
      target,
    );
    assert.deepEqual(
      (await readdir(folder)).filter((name) => target.endsWith(name) || name.includes('.part')),
      [],
    );
  });

  it('bytes written twice, out of range or never are errors', async () => {
    await writing({}, async (file) => {
      assert.throws(() => file.write(90, content(0, 11)), /bytes 90 to 101 are not within its 100 bytes/);
      file.write(0, content(0, 20));
      file.write(10, content(10, 12));
      await assert.rejects(file.finished(), /some of the bytes 10 to 12 are written twice/);
    });
    await writing({}, async (file) => {
      file.write(0, content(0, 99));
      const finished = file.finished();
      file.abandon();
      await assert.rejects(finished, /was abandoned/);
    });
  });

  it('a folder or file that is not there, and a disk that can not be read, are told with the path', async () => {
    await writing({}, async (file, charm) => {
      file.abandon();
      await assert.rejects(
        createFile(charm, join(folder, 'no', 'file'), { bytes: 1 }),
        /no\/file can't be created: ENOENT/,
      );
      await assert.rejects(openFile(charm, join(folder, 'nothing')), /nothing can't be read: ENOENT/);
      await assert.rejects(createFile(charm, path(), { bytes: -1 }), /bytes must be an integer from 0 on, not -1/);
      const target = path();
      await writeFile(target, content(0, 100));
      const input = await openFile(charm, target, { buffer: BadDisk });
      await assert.rejects(input.read(0, 10), /can't be read: EIO/);
      await assert.rejects(input.read(-1, 10), /offset must be an integer from 0 on/);
    });
  });
});
