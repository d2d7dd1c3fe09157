/** Rows 10 to 12: collective operations, blocking and not, with IN_PLACE, with uneven blocks, with operations in the order of ranks. */
import {
  BAND,
  contiguous,
  IN_PLACE,
  INT32,
  LXOR,
  MAX,
  MAXLOC,
  MIN,
  MINLOC,
  type MPI,
  Op,
  PROD,
  SUM,
  vector,
} from '../../ampi/index.ts';
import { assert, conforms, describe } from './conformance.ts';

/** Multiplies 2 x 2 matrices: not commutative. */
const matrices = Op.create((a, b) => {
  const [x, y] = [a as Float64Array, b as Float64Array];
  for (let i = 0; i < y.length; i += 4) {
    const [p, q, r, s] = [y[i]!, y[i + 1]!, y[i + 2]!, y[i + 3]!];
    y[i] = x[i]! * p + x[i + 1]! * r;
    y[i + 1] = x[i]! * q + x[i + 1]! * s;
    y[i + 2] = x[i + 2]! * p + x[i + 3]! * r;
    y[i + 3] = x[i + 2]! * q + x[i + 3]! * s;
  }
}, false);
const matrixOf = (rank: number): Float64Array => new Float64Array([1, rank + 1, rank % 2, 1]);

function product(from: number, to: number): Float64Array {
  const result = matrixOf(to);
  for (let rank = to - 1; rank >= from; rank--) matrices.combine(matrixOf(rank), result);
  return result;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('collective operations', () => {
  conforms('a barrier lets nobody through before all have come', async ({ world }: MPI) => {
    for (let late = 0; late < world.size; late++) {
      if (world.rank === late)
        for (let to = 0; to < world.size; to++) if (to !== late) await world.send(new Int32Array(1), to, late);
      await world.barrier();
      if (world.rank !== late) {
        // The messages of the late one were sent before it came, and so are here or on their way.
        await world.recv(new Int32Array(1), late, late);
      }
    }
  });

  conforms('broadcast, short and long, from each root, contiguous or not', async ({ world }: MPI) => {
    for (let root = 0; root < world.size; root++) {
      for (const n of [0, 1, 1000, 70_000]) {
        const data = new Float64Array(n);
        if (world.rank === root) for (let i = 0; i < n; i++) data[i] = i + root;
        await world.bcast(data, root);
        assert(data.every((x, i) => x === i + root));
      }
      const strided = vector(3, 1, 2, INT32).commit();
      const ints = new Int32Array(6).fill(world.rank === root ? 5 : 0);
      await world.bcast({ data: ints, count: 1, type: strided }, root);
      assert.deepEqual([...ints], world.rank === root ? [5, 5, 5, 5, 5, 5] : [5, 0, 5, 0, 5, 0]);
    }
    assert.equal(await world.bcastObject(world.rank === 0 ? 'word' : undefined, 0), 'word');
  });

  conforms('gather and scatter, also in place and uneven', async ({ world }: MPI) => {
    const { rank, size } = world;
    const root = size - 1;
    const all = rank === root ? new Int32Array(2 * size) : null;
    await world.gather(new Int32Array([rank, -rank]), all, root);
    if (all !== null)
      assert.deepEqual(
        [...all],
        upTo(size).flatMap((r) => [r, r === 0 ? 0 : -r]),
      );
    if (rank === root) {
      all![2 * rank] = 77;
      await world.gather(IN_PLACE, all, root);
      assert.equal(all![2 * rank], 77);
    } else await world.gather(new Int32Array([rank, 0]), null, root);
    const counts = upTo(size).map((r) => r % 3);
    const displs = upTo(size).map((r) => 3 * (size - 1 - r));
    const uneven = rank === 0 ? new Float64Array(3 * size).fill(-1) : null;
    await world.gatherv(new Float64Array(rank % 3).fill(rank), uneven, counts, displs, 0);
    if (uneven !== null)
      for (let r = 0; r < size; r++)
        for (let i = 0; i < 3; i++) assert.equal(uneven[displs[r]! + i], i < r % 3 ? r : -1);
    const mine = new Float64Array(rank % 3);
    await world.scatterv(uneven, counts, displs, mine, 0);
    assert(mine.every((x) => x === rank));
    const two = new Int32Array(2);
    await world.scatter(rank === 0 ? Int32Array.from(upTo(2 * size)) : null, two, 0);
    assert.deepEqual([...two], [2 * rank, 2 * rank + 1]);
    await world.scatter(rank === 0 ? Int32Array.from(upTo(size)) : null, rank === 0 ? IN_PLACE : new Int32Array(1), 0);
  });

  conforms('allgather and all to all, even and uneven, with types of their own', async ({ world }: MPI) => {
    const { rank, size } = world;
    for (const n of [1, 5000]) {
      const all = new Float64Array(n * size);
      await world.allgather(new Float64Array(n).fill(rank), all);
      assert(all.every((x, i) => x === Math.floor(i / n)));
      all.fill(9, rank * n, (rank + 1) * n);
      await world.allgather(IN_PLACE, all);
      assert(all.every((x) => x === 9));
    }
    const counts = upTo(size).map((r) => r + 1);
    const list = new Int32Array((size * (size + 1)) / 2);
    await world.allgatherv(new Int32Array(rank + 1).fill(rank), list, counts);
    assert.deepEqual(
      [...list],
      upTo(size).flatMap((r) => new Array<number>(r + 1).fill(r)),
    );
    const into = new Int32Array(size);
    await world.alltoall(
      Int32Array.from(upTo(size), (to) => 100 * rank + to),
      into,
    );
    assert.deepEqual(
      [...into],
      upTo(size).map((from) => 100 * from + rank),
    );
    await world.alltoall(IN_PLACE, into);
    assert.deepEqual(
      [...into],
      upTo(size).map((from) => 100 * rank + from),
    );
    const out = Int32Array.from(upTo(size).flatMap((to) => new Array<number>(to).fill(rank)));
    const got = new Int32Array(size * rank);
    await world.alltoallv(out, upTo(size), null, got, new Array<number>(size).fill(rank));
    assert.deepEqual(
      [...got],
      upTo(size).flatMap((from) => new Array<number>(rank).fill(from)),
    );
    const pair = contiguous(2, INT32).commit();
    const block = (data: Int32Array): object => ({
      counts: upTo(size).map(() => 1),
      displs: upTo(size).map((r) => 8 * r),
      types: upTo(size).map(() => pair),
      data,
    });
    const [a, b] = [Int32Array.from(upTo(2 * size), (i) => i + 1000 * rank), new Int32Array(2 * size)];
    await world.alltoallw(block(a) as never, block(b) as never);
    for (let from = 0; from < size; from++) assert.equal(b[2 * from + 1], 2 * rank + 1 + 1000 * from);
  });

  conforms('reductions of each kind, in place too', async ({ world }: MPI) => {
    const { rank, size } = world;
    const sum = (size * (size - 1)) / 2;
    for (const n of [1, 3, 20_000]) {
      const result = new Float64Array(n);
      await world.allreduce(
        Float64Array.from({ length: n }, (_, i) => rank + i),
        result,
        SUM,
      );
      assert(result.every((x, i) => x === sum + size * i));
    }
    const both = new Int32Array([rank, -rank]);
    await world.allreduce(IN_PLACE, both, MAX);
    assert.deepEqual([...both], [size - 1, 0]);
    for (let root = 0; root < size; root++) {
      const into = rank === root ? new BigInt64Array(1) : null;
      await world.reduce(new BigInt64Array([BigInt(rank + 1)]), into, PROD, root);
      if (into !== null)
        assert.equal(
          into[0],
          upTo(size).reduce((x, r) => x * BigInt(r + 1), 1n),
        );
      const place = new Int32Array([rank]);
      if (rank === root) await world.reduce(IN_PLACE, place, MIN, root);
      else await world.reduce(place, null, MIN, root);
      if (rank === root) assert.equal(place[0], 0);
    }
    const bits = new Uint8Array(1);
    await world.allreduce(new Uint8Array([255 ^ (1 << (rank % 8))]), bits, BAND);
    assert.equal(
      bits[0],
      upTo(size).reduce((x, r) => x & (255 ^ (1 << (r % 8))), 255),
    );
    await world.allreduce(new Uint8Array([1]), bits, LXOR);
    assert.equal(bits[0], size % 2);
    const where = new Float64Array(2);
    await world.allreduce(new Float64Array([rank % 2, rank]), where, MAXLOC);
    assert.deepEqual([...where], size > 1 ? [1, 1] : [0, 0]);
    await world.allreduce(new Float64Array([-(rank % 2), rank]), where, MINLOC);
    assert.equal(where[1], size > 1 ? 1 : 0);
  });

  conforms('operations that do not commute are combined in the order of ranks', async ({ world }: MPI) => {
    const { rank, size } = world;
    const result = new Float64Array(4);
    await world.allreduce(matrixOf(rank), result, matrices);
    assert.deepEqual([...result], [...product(0, size - 1)]);
    for (let root = 0; root < size; root++) {
      const into = rank === root ? new Float64Array(4) : null;
      await world.reduce(matrixOf(rank), into, matrices, root);
      if (into !== null) assert.deepEqual([...into], [...product(0, size - 1)]);
    }
    await world.scan(matrixOf(rank), result, matrices);
    assert.deepEqual([...result], [...product(0, rank)]);
    result.fill(-1);
    await world.exscan(matrixOf(rank), result, matrices);
    assert.deepEqual([...result], rank === 0 ? [-1, -1, -1, -1] : [...product(0, rank - 1)]);
  });

  conforms('scan, exscan in place, and reduce-scatter', async ({ world }: MPI) => {
    const { rank, size } = world;
    const mine = new Int32Array([rank + 1]);
    await world.scan(IN_PLACE, mine, SUM);
    assert.equal(mine[0], ((rank + 1) * (rank + 2)) / 2);
    mine[0] = rank + 1;
    await world.exscan(IN_PLACE, mine, SUM);
    if (rank > 0) assert.equal(mine[0], (rank * (rank + 1)) / 2);
    const counts = upTo(size).map((r) => r % 2);
    const total = counts.reduce((a, b) => a + b, 0);
    const part = new Int32Array(1);
    await world.reduceScatter(
      Int32Array.from({ length: total }, (_, i) => i * (rank + 1)),
      part,
      counts,
      SUM,
    );
    if (rank % 2 === 1) assert.equal(part[0], (((rank - 1) / 2) * size * (size + 1)) / 2);
    const block = new Float64Array(2);
    await world.reduceScatterBlock(Float64Array.from(upTo(2 * size)), block, SUM);
    assert.deepEqual([...block], [2 * rank * size, (2 * rank + 1) * size]);
  });

  conforms('several non-blocking operations are under way at once, and meet no messages', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const other = await world.dup();
    const [a, b, c] = [new Float64Array(1), new Float64Array(1), new Float64Array(size)];
    const note = new Int32Array(1);
    const receive = world.irecv(note, (rank + size - 1) % size, 1);
    const requests = [
      world.iallreduce(new Float64Array([rank]), a, SUM),
      other.iallreduce(new Float64Array([rank]), b, MAX),
      world.iallgather(new Float64Array([rank]), c),
      other.ibarrier(),
      receive,
    ];
    await world.send(new Int32Array([rank]), (rank + 1) % size, 1);
    await mpi.waitAll(requests);
    assert.deepEqual([a[0], b[0], note[0]], [(size * (size - 1)) / 2, size - 1, (rank + size - 1) % size]);
    assert.deepEqual([...c], upTo(size));
  });
});

describe('short operations in two levels', () => {
  conforms('give the bits that they have without levels, many times and under way together', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank } = world;
    const mine = (round: number): Float64Array => new Float64Array([Math.sin(rank + round), 1 / (rank + 3 + round)]);
    // Of a new communicator the first operations have no levels.
    const plain: Float64Array[] = [];
    for (let round = 0; round < 6; round++) {
      const fresh = await world.dup();
      const result = new Float64Array(2);
      await fresh.allreduce(mine(round), result, SUM);
      plain.push(result);
    }
    const comm = await world.dup();
    const results = plain.map(() => new Float64Array(2));
    const matrix = new Float64Array(4);
    const requests = results.map((result, round) => comm.iallreduce(mine(round), result, SUM));
    const others = [comm.ibarrier(), comm.iallreduce(matrixOf(rank), matrix, matrices)];
    await mpi.waitAll([...requests, ...others]);
    assert.deepEqual(results, plain);
    assert.deepEqual([...matrix], [...product(0, world.size - 1)]);
    await comm.barrier();
  });
});
