/**
 * A program that writes a file from many chares to a simulated disk, and reads it back.
 *
 * Whatever the disk does: it ends; the file is whole or not there under its name; trouble is told with the path; and if there was
 * none but slowness and short writes, the file is there.
 */
import assert from 'node:assert/strict';
import { Chare, type Charm } from 'charm4ts';
import * as io from 'charm4ts/io';
import { createFile, openFile, type ReadableFile, type WritableFile } from 'charm4ts/io';
import type { SimulationResult } from 'charm4ts/sim';
import { SeededRandom } from '../../core/base/random.ts';
import { run, type Schedule } from './schedule.ts';

const target = '/simulated/file';

const content = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from }, (_, i) => ((from + i) * 7 + ((from + i) >> 8)) & 255);

class Author extends Chare<number> {
  async write(file: WritableFile, pieces: readonly (readonly [number, number])[]): Promise<void> {
    for (const [from, to] of pieces) {
      file.write(from, content(from, to));
      if (this.charm.random() < 0.3) await this.charm.sleep(this.charm.random());
    }
  }
}

class Checker extends Chare<number> {
  async read(file: ReadableFile, from: number, length: number): Promise<void> {
    const bytes = await file.read(from, length);
    assert.deepEqual(bytes, content(from, Math.min(from + length, file.size)));
  }
}

/** Trouble with the disk, which must name the path; anything else goes on. */
function troubleOf(error: unknown): Error {
  assert(error instanceof Error, String(error));
  assert.match(error.message, /\/simulated\/file can't be (created|written|read): E(IO|NOSPC): /);
  return error;
}

function programOf(seed: number, troubles: Error[]): Readonly<Record<string, unknown>> {
  const random = new SeededRandom(seed, 11);
  const bytes = random.below(5000);
  const pieces: [number, number][] = [];
  for (let at = 0; at < bytes; ) {
    const to = Math.min(bytes, at + 1 + random.below(400));
    pieces.splice(random.below(pieces.length + 1), 0, [at, to]);
    at = to;
  }
  const authors = 1 + random.below(6);
  const options = { bytes, stripeBytes: 1 + random.below(1000) };

  const write = async (charm: Charm): Promise<void> => {
    const file = await createFile(charm, target, options);
    const array = await charm.array(Author, { size: authors });
    for (let i = 0; i < authors; i++)
      array.at(i).write(
        file,
        pieces.filter((_, n) => n % authors === i),
      );
    await file.finished();
  };
  const read = async (charm: Charm): Promise<void> => {
    const input = await openFile(charm, target, { stripeBytes: options.stripeBytes });
    assert.equal(input.size, bytes);
    const array = await charm.array(Checker, { size: 3 });
    await Promise.all([0, 1, 2].map((i) => array.at(i).ask.read(input, (i * bytes) >> 2, bytes)));
    input.close();
  };
  const main = async (charm: Charm): Promise<void> => {
    for (const step of [write, read]) {
      try {
        await step(charm);
      } catch (error) {
        troubles.push(troubleOf(error));
        break;
      }
    }
    await charm.quiescence();
    charm.exit();
  };
  return { ...io, Author, Checker, main };
}

export async function writeAndRead(schedule: Schedule, seed: number): Promise<void> {
  const troubles: Error[] = [];
  let end: SimulationResult | undefined;
  const ended = (result: SimulationResult): void => {
    end = result;
    schedule.ended?.(result);
  };
  let failure: unknown;
  try {
    await run(programOf(seed, troubles), { ...schedule, files: new Map(), ended });
  } catch (error) {
    failure = error;
  }
  checkDisk(end, new SeededRandom(seed, 11).below(5000), troubles, failure);
  if (failure !== undefined) throw failure;
}

/** What is on the disk in the end. */
function checkDisk(
  end: SimulationResult | undefined,
  bytes: number,
  troubles: readonly Error[],
  failure: unknown,
): void {
  assert(end?.files !== undefined);
  const file = end.files.get(target);
  if (file !== undefined) assert.deepEqual(file, content(0, bytes), 'a file is whole, or not there');
  const { errors = 0, full = 0 } = end.faults?.disk ?? {};
  assert(troubles.length === 0 || errors + full > 0, `${troubles[0]?.message}, and the disk had no trouble`);
  if (failure === undefined && troubles.length === 0) assert(file !== undefined, 'the file has its name');
  if (failure === undefined && errors + full === 0) assert.deepEqual([...end.files.keys()], [target]);
}
