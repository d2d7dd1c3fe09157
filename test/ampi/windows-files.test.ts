/** Rows 18 to 20: one-sided operations, files, other worlds, the begin and the end of a program. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import {
  DOUBLE,
  ErrorClass,
  INT32,
  Mode,
  type MPI,
  MpiError,
  REPLACE,
  rankProgram,
  resized,
  SUM,
  vector,
} from '../../ampi/index.ts';
import { runInThread } from '../../launch/in-thread.ts';
import { assert, conforms, describe } from './conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'charm4ts-mpi-io-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

describe('windows', () => {
  conforms('put, get and accumulate between fences', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const memory = new Float64Array(size + 1);
    const window = await mpi.winCreate(world, memory);
    await window.fence();
    for (let to = 0; to < size; to++) window.put(new Float64Array([rank + 1]), to, rank);
    for (let to = 0; to < size; to++) window.accumulate(new Float64Array([2]), to, size, SUM);
    await window.fence();
    for (let i = 0; i < size; i++) assert.equal(memory[i], i + 1);
    assert.equal(memory[size], 2 * size);
    const got = new Float64Array(size);
    window.get(got, (rank + 1) % size);
    await window.fence();
    assert.equal(got[size - 1], size);
    // Every other element of the target, from a type of its own.
    const strided = resized(vector(1, 1, 1, DOUBLE), 0, 16).commit();
    const half = Math.ceil((size + 1) / 2);
    await window.fence();
    window.put(new Float64Array(half).fill(-rank - 1), (rank + 1) % size, 0, { type: strided, count: half });
    await window.fence();
    assert.equal(memory[2 * (half - 1)], -((rank + size - 1) % size) - 1);
    await window.free();
  });

  conforms('counters and swaps are atomic, under shared and exclusive locks', async (mpi: MPI) => {
    const { world } = mpi;
    const { size, rank } = world;
    const memory = new Int32Array(2);
    const window = await mpi.winCreate(world, memory);
    const seen = new Set<number>();
    for (let i = 0; i < 5; i++) {
      const before = new Int32Array(1);
      await window.lock('shared', 0);
      window.fetchAndOp(new Int32Array([1]), before, 0, 0, SUM);
      await window.unlock(0);
      seen.add(before[0]!);
    }
    assert.equal(seen.size, 5);
    await window.fence();
    if (rank === 0) assert.equal(memory[0], 5 * size);
    // Read, add, write: right only under an exclusive lock.
    for (let i = 0; i < 3; i++) {
      const value = new Int32Array(1);
      await window.lock('exclusive', size - 1);
      window.get(value, size - 1, 1);
      await window.flush(size - 1);
      window.put(new Int32Array([value[0]! + 1]), size - 1, 1);
      await window.unlock(size - 1);
    }
    await window.fence();
    if (rank === size - 1) assert.equal(memory[1], 3 * size);
    const was = new Int32Array(1);
    await window.lockAll();
    window.compareAndSwap(new Int32Array([rank + 1000]), new Int32Array([5 * size]), was, 0, 0);
    await window.flushAll();
    await window.unlockAll();
    const winners = new Int32Array(1);
    await world.allreduce(new Int32Array([was[0] === 5 * size ? 1 : 0]), winners, SUM);
    assert.equal(winners[0], 1);
    const old = new Int32Array(1);
    await window.lock('shared', rank);
    await window.rgetAccumulate(new Int32Array([7]), old, rank, 1, REPLACE).wait();
    await window.unlock(rank);
    assert.equal(memory[1], 7);
    await window.free();
  });

  conforms('post, start, complete and wait', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const memory = new Float64Array(1);
    const window = await mpi.winCreate(world, memory);
    const [next, before] = [(rank + 1) % size, (rank + size - 1) % size];
    for (let round = 0; round < 3; round++) {
      window.post(world.getGroup().incl([before]));
      await window.start(world.getGroup().incl([next]));
      window.put(new Float64Array([rank + 10 * round]), next);
      await window.complete();
      await window.wait();
      assert.equal(memory[0], before + 10 * round);
    }
    await window.free();
  });

  conforms('dynamic and allocated windows', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const dynamic = await mpi.winCreateDynamic(world);
    const memory = new Int32Array(3);
    const addresses = new Float64Array(size);
    await world.allgather(new Float64Array([dynamic.attach(memory)]), addresses);
    const next = (rank + 1) % size;
    await dynamic.lock('shared', next);
    dynamic.put(new Int32Array([rank]), next, addresses[next]! + 4);
    await dynamic.unlock(next);
    await dynamic.fence();
    assert.deepEqual([...memory], [0, (rank + size - 1) % size, 0]);
    const near = (await world.splitType('shared', 0))!;
    const shared = await mpi.winAllocateShared(near, Float64Array, 2);
    (shared.base as Float64Array)[1] = near.rank + 0.5;
    await near.barrier();
    const theirs = await shared.sharedQuery((near.rank + 1) % near.size);
    assert.equal(theirs[1], ((near.rank + 1) % near.size) + 0.5);
    await near.barrier();
  });
});

describe('files', () => {
  conforms(
    'views, pointers and collective writes',
    async (mpi: MPI) => {
      const { world } = mpi;
      const { rank, size } = world;
      const name = new Int32Array([rank === 0 ? files++ : 0]);
      await world.bcast(name, 0);
      const path = join(folder, `f${name[0]}`);
      const file = await mpi.fileOpen(world, path, Mode.CREATE | Mode.RDWR);
      const mine = resized(vector(1, 2, 2, INT32), 0, 8 * size).commit();
      await file.setView(8 * rank, INT32, mine);
      await file.writeAll(Int32Array.from({ length: 6 }, (_, i) => 100 * rank + i));
      await file.sync();
      assert.equal(file.getPosition(), 6);
      await file.setView(0, INT32);
      const all = new Int32Array(6 * size);
      assert.equal((await file.readAtAll(0, all)).getCount(INT32), 6 * size);
      for (let i = 0; i < 6 * size; i++) {
        const [tile, r, k] = [Math.floor(i / (2 * size)), Math.floor((i % (2 * size)) / 2), i % 2];
        assert.equal(all[i], 100 * r + 2 * tile + k);
      }
      assert.equal((await file.readAt(6 * size - 1, new Int32Array(5))).getCount(INT32), 1);
      await file.seekShared(0);
      await file.writeOrdered(new Int32Array(rank + 1).fill(rank));
      await file.sync();
      const ordered = new Int32Array((size * (size + 1)) / 2);
      await file.readAt(0, ordered);
      assert.equal(ordered.at(-1), size - 1);
      await world.barrier();
      await file.seekShared(0);
      const one = new Int32Array(1);
      await file.readShared(one);
      const request = file.iwriteAt(200 + rank, new Int32Array([rank]));
      await request.wait();
      await file.sync();
      assert.equal(await file.getSize(), 4 * (200 + size));
      await file.setSize(16);
      assert.equal(await file.getSize(), 16);
      await file.close();
      await assert.rejects(mpi.fileOpen(world, join(folder, 'none'), Mode.RDONLY), {
        errorClass: ErrorClass.NO_SUCH_FILE,
      });
      await assert.rejects(mpi.fileOpen(world, path, Mode.CREATE | Mode.EXCL | Mode.RDWR), {
        errorClass: ErrorClass.FILE_EXISTS,
      });
      await world.barrier();
      if (rank === 0) await mpi.fileDelete(path);
    },
    { ranks: [1, 3] },
  );
});

describe('other worlds', () => {
  async function child(mpi: MPI): Promise<void> {
    const parent = mpi.parent!;
    const sum = new Float64Array(1);
    await mpi.world.allreduce(new Float64Array([1]), sum, SUM);
    assert.equal(sum[0], 3);
    assert.deepEqual(mpi.args, ['a', 'b']);
    await parent.send(new Float64Array([mpi.world.rank]), mpi.world.rank % parent.remoteSize, 4);
    const all = await parent.merge(true);
    await all.barrier();
    assert.equal(all.rank, parent.remoteSize + mpi.world.rank);
    await parent.disconnect();
  }
  async function main(mpi: MPI): Promise<void> {
    const { world } = mpi;
    assert.equal(mpi.parent, null);
    const children = await world.spawn(child, 3, { args: ['a', 'b'] });
    assert.equal(children.remoteSize, 3);
    for (let from = world.rank; from < 3; from += world.size) {
      const got = new Float64Array(1);
      await children.recv(got, from, 4);
      assert.equal(got[0], from);
    }
    const all = await children.merge(false);
    await all.barrier();
    assert.equal(all.size, world.size + 3);
    await children.disconnect();
  }
  async function server(mpi: MPI): Promise<void> {
    const { world } = mpi;
    const half = (await world.split(world.rank % 2, 0))!;
    if (world.rank % 2 === 0) {
      const port = half.rank === 0 ? mpi.openPort() : null;
      if (port !== null) await mpi.publishName('calc', port);
      await world.barrier();
      const inter = await half.accept(port);
      const got = new Int32Array(1);
      if (half.rank === 0) await inter.recv(got, 0);
      if (half.rank === 0) assert.equal(got[0], 42);
    } else {
      await world.barrier();
      const inter = await half.connect(half.rank === 0 ? await mpi.lookupName('calc') : null);
      if (half.rank === 0) await inter.send(new Int32Array([42]), 0);
      await assert.rejects(mpi.lookupName('none'), MpiError).catch(() => undefined);
    }
  }
  const exported = { child, main, server };
  for (const layout of [{ pes: 1 }, { pes: 2 }, { pes: 2, pesPerNode: 1 }]) {
    for (const vp of [1, 2, 5])
      it(`spawned ranks find their parents (${vp} ranks, ${JSON.stringify(layout)})`, async () => {
        const { error } = await runInThread({
          program: rankProgram(main, { vp }, exported),
          ...layout,
          seed: vp,
          shuffle: true,
        });
        assert.equal(error, undefined);
      });
    it(`groups connect through a published port (${JSON.stringify(layout)})`, async () => {
      const calm = async (mpi: MPI): Promise<void> => {
        mpi.world.setErrhandler(() => undefined);
        await server(mpi);
      };
      const { error } = await runInThread({
        program: rankProgram(calm, { vp: 4 }, exported),
        ...layout,
        seed: 3,
        shuffle: true,
      });
      assert.equal(error, undefined);
    });
  }
});
