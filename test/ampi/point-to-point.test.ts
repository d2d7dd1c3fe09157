/** Section 2 of the semantics that shims break, rows 1 to 9: messages between two ranks, requests, probes. */
import {
  ANY_SOURCE,
  ANY_TAG,
  ERRORS_RETURN,
  ErrorClass,
  type MPI,
  MpiError,
  PROC_NULL,
  UNDEFINED,
} from '../../ampi/index.ts';
import { assert, conforms, describe, failsWith } from './conformance.ts';

const [A, B] = [0, 1];

async function rejects(work: Promise<unknown>, errorClass: number): Promise<MpiError> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof MpiError, String(error));
    assert.equal(error.errorClass, errorClass, error.message);
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('point to point', () => {
  conforms(
    'messages of a sender do not overtake each other, whatever their size and however they are received',
    async ({ world }: MPI) => {
      const sizes = [1, 2, 700, 1, 3000, 1, 20_000, 1];
      if (world.rank === A)
        for (const [i, size] of sizes.entries()) await world.send(new Float64Array(size).fill(i), B, 3);
      else if (world.rank === B) {
        for (const [i, size] of sizes.entries()) {
          const buf = new Float64Array(20_000);
          const wild = i % 2 === 0;
          const status = await world.recv(buf, wild ? ANY_SOURCE : A, wild ? 3 : ANY_TAG);
          assert.equal(buf[0], i);
          assert.equal(status.bytes, size * 8);
          assert.equal(status.source, A);
          assert.equal(status.tag, 3);
        }
      }
    },
    { ranksMin: 2 },
  );

  conforms(
    'posted receives are matched in the order posted, by tag and source',
    async ({ world }: MPI) => {
      if (world.rank === A) for (const tag of [5, 6, 5]) await world.send(new Int32Array([tag * 10]), B, tag);
      if (world.rank !== B) return;
      const bufs = [0, 1, 2].map(() => new Int32Array(1));
      const requests = [
        world.irecv(bufs[0]!, A, 6),
        world.irecv(bufs[1]!, ANY_SOURCE, ANY_TAG),
        world.irecv(bufs[2]!, A, 5),
      ];
      for (const request of requests) await request.wait();
      assert.deepEqual(
        bufs.map((buf) => buf[0]),
        [60, 50, 50],
      );
    },
    { ranksMin: 2 },
  );

  conforms('an exchange of large messages with sendrecv, and in place', async ({ world }: MPI) => {
    const { rank, size } = world;
    const n = 30_000;
    const into = new Float64Array(n);
    const status = await world.sendrecv(
      new Float64Array(n).fill(rank),
      (rank + 1) % size,
      1,
      into,
      (rank + size - 1) % size,
      1,
    );
    assert.equal(status.source, (rank + size - 1) % size);
    assert(into.every((x) => x === (rank + size - 1) % size));
    const both = new Int32Array([rank]);
    await world.sendrecvReplace(both, (rank + 1) % size, 2, (rank + size - 1) % size, 2);
    assert.equal(both[0], (rank + size - 1) % size);
  });

  conforms('messages to oneself work with a receive that was posted', async ({ world }: MPI) => {
    const into = new Uint8Array(3);
    const request = world.irecv(into, world.rank, 4);
    await world.send(new Uint8Array([1, 2, 3]), world.rank, 4);
    await request.wait();
    assert.deepEqual([...into], [1, 2, 3]);
  });

  conforms('nobody: PROC_NULL is done at once, and its status empty', async ({ world }: MPI) => {
    await world.send(new Int32Array(1), PROC_NULL);
    const status = await world.recv(new Int32Array([9]), PROC_NULL);
    assert.deepEqual([status.source, status.tag, status.bytes], [PROC_NULL, ANY_TAG, 0]);
    assert.equal((await world.probe(PROC_NULL)).source, PROC_NULL);
    assert.equal(await world.mprobe(PROC_NULL), null);
    await world.irecv(new Int32Array(1), PROC_NULL).wait();
  });

  conforms(
    'probe leaves a message for the receive that names it; a matched probe takes it out',
    async ({ world }: MPI) => {
      if (world.rank === A) for (let i = 0; i < 3; i++) await world.send(new Int32Array([i, i, i]), B, i);
      if (world.rank !== B) return;
      const status = await world.probe(ANY_SOURCE, 1);
      const message = (await world.mprobe(A, 0))!;
      assert.equal(status.getCount(), 12);
      const wild = new Int32Array(3);
      // The matched message is nobody else's: the wildcard gets the next one.
      assert.equal((await world.recv(wild)).tag, 1);
      const matched = new Int32Array(3);
      await world.mrecv(matched, message);
      assert.deepEqual([...matched], [0, 0, 0]);
      let left = await world.iprobe(A, 2);
      while (left === undefined) left = await world.iprobe(A, 2);
      assert.equal(left.tag, 2);
      await world.recv(wild, A, 2);
      assert.equal(await world.improbe(A), undefined);
    },
    { ranksMin: 2 },
  );

  conforms(
    'a synchronous send is done only when it is matched; short ones too',
    async ({ world }: MPI) => {
      const flag = new Int32Array(1);
      if (world.rank === A) {
        const request = world.issend(new Int32Array([5]), B, 1);
        assert.equal(await request.test(), undefined);
        await world.send(flag, B, 2);
        await request.wait();
        await world.ssend(new Int32Array([6]), B, 1);
      } else if (world.rank === B) {
        await world.recv(flag, A, 2);
        await world.recv(flag, A, 1);
        assert.equal(flag[0], 5);
        await world.recv(flag, A, 1);
        assert.equal(flag[0], 6);
      }
    },
    { ranksMin: 2 },
  );

  conforms(
    'a buffered send needs space, takes it, and gives it back',
    async (mpi: MPI) => {
      const { world } = mpi;
      if (world.rank === A) {
        world.setErrhandler(ERRORS_RETURN);
        assert.throws(() => world.bsend(new Uint8Array(10), B), { errorClass: ErrorClass.BUFFER });
        mpi.bufferAttach(20_000);
        const data = new Uint8Array(10_000).fill(7);
        await world.bsend(data, B, 1);
        data.fill(0);
        assert.throws(() => world.bsend(new Uint8Array(19_000), B), { errorClass: ErrorClass.BUFFER });
        assert.equal(await mpi.bufferDetach(), 20_000);
      } else if (world.rank === B) {
        const into = new Uint8Array(10_000);
        await world.recv(into, A, 1);
        assert(into.every((x) => x === 7));
      }
    },
    { ranksMin: 2 },
  );

  conforms(
    'a message that is too long is an error with both lengths, and harms no other one',
    async ({ world }: MPI) => {
      if (world.rank === A) {
        await world.send(new Int32Array([1, 2, 3]), B, 1);
        await world.send(new Int32Array(5000), B, 1);
        await world.send(new Int32Array(0), B, 1);
        await world.send(new Int32Array([4]), B, 1);
      } else if (world.rank === B) {
        world.setErrhandler(ERRORS_RETURN);
        const into = new Int32Array(2);
        const error = await rejects(world.recv(into, A, 1), ErrorClass.TRUNCATE);
        assert.match(error.message, /12 bytes.*8 bytes/);
        await rejects(world.recv(into, A, 1), ErrorClass.TRUNCATE);
        const empty = await world.recv(into, A, 1);
        assert.equal(empty.bytes, 0);
        await world.recv(into, A, 1);
        assert.equal(into[0], 4);
      }
    },
    { ranksMin: 2 },
  );

  conforms(
    'a receive that nothing has matched can be cancelled; a long send too',
    async ({ world }: MPI) => {
      const flag = new Int32Array(1);
      if (world.rank === A) {
        const none = world.irecv(flag, B, 99);
        none.cancel();
        assert.equal((await none.wait()).isCancelled, true);
        assert.equal(none.isNull, true);
        const long = world.isend(new Float64Array(10_000), B, 7);
        long.cancel();
        assert.equal((await long.wait()).isCancelled, true);
        await world.send(flag, B, 8);
      } else if (world.rank === B) {
        await world.recv(flag, A, 8);
        assert.equal(await world.iprobe(A, 7), undefined);
      }
    },
    { ranksMin: 2 },
  );

  conforms('waiting for any, some and all; null and inactive requests do not count', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const idle = world.recvInit(new Int32Array(1), rank, 50);
    assert.equal((await mpi.waitAny([null, idle])).index, UNDEFINED);
    assert.equal(await mpi.waitSome([null]), undefined);
    assert.deepEqual((await mpi.waitAll([])).length, 0);
    const bufs = Array.from({ length: size }, () => new Int32Array(1));
    const requests = bufs.map((buf, from) => world.irecv(buf, from, 1));
    for (let to = 0; to < size; to++) await world.send(new Int32Array([rank]), to, 1);
    const first = await mpi.waitAny(requests);
    assert.equal(bufs[first.index]![0], first.index);
    const done = new Set([first.index]);
    while (done.size < size) for (const { index } of (await mpi.waitSome(requests))!) done.add(index);
    assert.equal((await mpi.testAny(requests))!.index, UNDEFINED);
    assert.equal((await mpi.testAll(requests))!.length, size);
  });

  conforms('persistent requests begin anew with each start', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const [out, into] = [new Float64Array(1000), new Float64Array(1000)];
    const requests = [world.sendInit(out, (rank + 1) % size, 2), world.recvInit(into, (rank + size - 1) % size, 2)];
    for (let round = 0; round < 4; round++) {
      out.fill(rank + round);
      mpi.startAll(requests);
      await mpi.waitAll(requests);
      assert.equal(into[999], ((rank + size - 1) % size) + round);
      assert.equal(requests[1]!.isActive, false);
    }
  });

  conforms('values of any kind travel with sendObject', async ({ world }: MPI) => {
    const { rank, size } = world;
    await world.sendObject({ rank, list: [1, 'two', new Map([['a', 1]])] }, (rank + 1) % size, 3);
    const { value, status } = await world.recvObject<{ rank: number; list: unknown[] }>(ANY_SOURCE, 3);
    assert.equal(value.rank, (rank + size - 1) % size);
    assert.equal(status.source, value.rank);
  });

  conforms(
    'long messages arrive whole, in many pieces and from many at once',
    async ({ world }: MPI) => {
      const { rank, size } = world;
      const n = 200_001;
      const bufs = Array.from({ length: size }, () => new Float64Array(n));
      const requests = bufs.map((buf, from) => world.irecv(buf, from, 6));
      const out = Float64Array.from({ length: n }, (_, i) => i + rank);
      const sends = bufs.map((_, to) => world.isend(out, to, 6));
      for (const request of [...requests, ...sends]) await request.wait();
      for (const [from, buf] of bufs.entries())
        assert(
          buf.every((x, i) => x === i + from),
          `from ${from}`,
        );
    },
    { ranks: [1, 3] },
  );

  failsWith(
    'two long sends to each other are stuck, and the report names both',
    /rank 1 to receive[\s\S]*rank 0 to receive|rank 0 to receive[\s\S]*rank 1 to receive/,
    async ({ world }: MPI) => {
      await world.send(new Float64Array(100_000), 1 - world.rank);
      await world.recv(new Float64Array(100_000), 1 - world.rank);
    },
  );

  failsWith(
    'with the default handler an error ends the job and names the rank',
    /rank 0 of MPI_COMM_WORLD: MPI_ERR_RANK: there is no rank 7/,
    async ({ world }: MPI) => {
      if (world.rank === 0) await world.send(new Int32Array(1), 7);
      await world.barrier();
    },
  );
});
