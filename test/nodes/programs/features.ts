/** Everything that comes with the package beside messages, used by chares that move from PE to PE all the time; each checks itself. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chare, type Charm, type Future, Reducer, type SharedArray } from 'charm4ts';
import { createPhasedArray, createTable, type PhasedArray, type Table, TablePart } from 'charm4ts/data';
import { createFile, type FileCursor, openFile, type ReadableFile, type WritableFile } from 'charm4ts/io';

export * from 'charm4ts/data';
export * from 'charm4ts/io';

const roamers = 12;
const rounds = 4;
const blockBytes = 64;

export class Sums extends TablePart<string, number> {
  override _combine(old: number, value: number): number {
    return old + value;
  }
}

export function square(x: number): number {
  return x * x;
}

export function fill(from: number, to: number, array: SharedArray<Float64Array>): number {
  const { view } = array;
  for (let i = from; i < to; i++) view[i] = i;
  return to - from;
}

interface Tools {
  readonly table: Table<string, number>;
  readonly array: PhasedArray;
  readonly output: WritableFile;
  readonly done: Future<number>;
}

/** Each round of a part: something is used, and the chare goes on elsewhere. */
export class Roamer extends Chare<number> {
  private round = 0;
  private part: 'update' | 'share' | 'compute' | 'write' = 'update';
  private view!: ReturnType<PhasedArray['view']>;
  private cursor: FileCursor | undefined = undefined;
  private read = 0;

  async update(tools: Tools): Promise<void> {
    const { table } = tools;
    table.update(`of ${this.index}`, 1);
    table.update('of all', 1);
    assert.deepEqual(await table.find(`of ${this.index}`), [this.round + 1]);
    this._next(tools, 'share');
  }

  async share(tools: Tools): Promise<void> {
    if (this.round === 0) this.view = tools.array.view(this.index);
    const { view } = this;
    if (this.round > 0) assert.equal(await view.get((this.index + 1) % roamers), this.round);
    await view.sync('accumulate');
    view.add((this.index + this.round) % roamers, 1);
    await view.sync('read');
    this._next(tools, 'compute');
  }

  async compute(tools: Tools): Promise<void> {
    const { charm } = this;
    const items = Array.from({ length: 10 }, (_, i) => i + this.index);
    assert.deepEqual(await charm.pool.map(square, items), items.map(square));
    const array = charm.shared(Float64Array, 1000);
    assert.equal(await charm.loop(fill, { to: 1000, args: [array], reducer: Reducer.sum }), 1000);
    assert.ok(array.view.every((x, i) => x === i));
    array.release();
    this._next(tools, 'write');
  }

  write(tools: Tools): void {
    const block = this.index * rounds + this.round;
    tools.output.write(block * blockBytes, new Uint8Array(blockBytes).fill(block));
    this._next(tools, undefined);
  }

  async follow(input: ReadableFile, done: Future<number>): Promise<void> {
    this.cursor ??= input.cursor();
    for (const byte of await this.cursor.read(100)) {
      assert.equal(byte, Math.floor(this.read / blockBytes));
      this.read++;
    }
    if (this.cursor.isAtEnd) return this.contribute(this.read, Reducer.sum, done);
    this.migrateTo((this.charm.pe + 1) % this.charm.pes);
    this.self.follow(input, done);
  }

  /** Another round of the part elsewhere, or the next part. */
  _next(tools: Tools, next: Roamer['part'] | undefined): void {
    this.migrateTo(Math.floor(this.charm.random() * this.charm.pes));
    this.round = (this.round + 1) % rounds;
    if (this.round > 0) this.self[this.part](tools);
    else if (next === undefined) this.contribute(1, Reducer.sum, tools.done);
    else {
      this.part = next;
      this.self[next](tools);
    }
  }
}

export default async function main(charm: Charm): Promise<void> {
  const path = join(tmpdir(), `features-${charm.args[0] ?? '0'}`);
  const output = await createFile(charm, path, { bytes: roamers * rounds * blockBytes });
  const table = await createTable<string, number>(charm, { part: Sums });
  const array = await createPhasedArray(charm, { length: roamers, views: roamers });
  const chares = await charm.array(Roamer, { size: roamers });
  const done = charm.future<number>();
  chares.all.update({ table, array, output, done });
  assert.equal(await done.get(), roamers);
  assert.deepEqual(await table.find('of all'), [roamers * rounds]);
  await output.finished();
  const input = await openFile(charm, path);
  const followed = charm.future<number>();
  chares.all.follow(input, followed);
  console.log(`${roamers} chares, ${await followed.get()} bytes, ${await table.size()} keys`);
  input.close();
  await charm.quiescence();
  charm.exit();
}
