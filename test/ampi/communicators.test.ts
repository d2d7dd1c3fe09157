/** Rows 13 to 17: groups, communicators, inter-communicators, attributes, errors, datatypes, topologies. */
import {
  BYTE,
  DOUBLE,
  darray,
  dimsCreate,
  dupFn,
  ERRORS_ARE_FATAL,
  ERRORS_RETURN,
  ErrorClass,
  hvector,
  INT32,
  indexed,
  Key,
  MAX,
  type MPI,
  MpiError,
  PROC_NULL,
  ROOT,
  resized,
  SUM,
  struct,
  subarray,
  TAG_UB,
  UNDEFINED,
  vector,
} from '../../ampi/index.ts';
import { assert, conforms, describe } from './conformance.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('groups and communicators', () => {
  conforms('sets of ranks keep the order of the standard', async ({ world }: MPI) => {
    const all = world.getGroup();
    const { size } = world;
    const odd = all.incl(upTo(size).filter((r) => r % 2 === 1));
    const reversed = all.rangeIncl([[size - 1, 0, -1]]);
    assert.equal(reversed.compare(all), size === 1 ? 'identical' : 'similar');
    assert.deepEqual(reversed.translateRanks([0, PROC_NULL], all), [size - 1, PROC_NULL]);
    assert.equal(odd.union(all).size, size);
    assert.equal(odd.union(all).gids[0], size > 1 ? 1 : 0);
    assert.deepEqual(reversed.intersection(odd).gids, [...odd.gids].reverse());
    assert.equal(all.difference(odd).size, size - odd.size);
    assert.equal(all.excl(upTo(size)).size, 0);
    assert.deepEqual(all.rangeExcl([[0, size - 1, 2]]).gids, odd.gids);
    assert.equal(odd.rank, world.rank % 2 === 1 ? (world.rank - 1) / 2 : UNDEFINED);
    assert.throws(() => all.incl([size]), MpiError);
  });

  conforms('a duplicate has a context of its own; so have split ones', async ({ world }: MPI) => {
    const { rank, size } = world;
    const copy = await world.dup();
    assert.equal(world.compare(copy), 'congruent');
    const [a, b] = [new Int32Array(1), new Int32Array(1)];
    const next = (rank + 1) % size;
    await copy.send(new Int32Array([2]), next, 1);
    await world.send(new Int32Array([1]), next, 1);
    await world.recv(a);
    await copy.recv(b);
    assert.deepEqual([a[0], b[0]], [1, 2]);
    const none = await world.split(rank === 0 ? UNDEFINED : 0, 0);
    assert.equal(none === null, rank === 0);
    const halves = (await world.split(rank % 2, -rank))!;
    assert.equal(halves.rank, Math.floor((size - 1 - rank) / 2));
    const ties = (await world.split(0, 7))!;
    assert.equal(ties.rank, rank);
    const created = await world.create(world.getGroup().incl([size - 1]));
    assert.equal(created?.size, rank === size - 1 ? 1 : undefined);
    if (rank < Math.ceil(size / 2)) {
      const some = (await world.createGroup(world.getGroup().incl(upTo(Math.ceil(size / 2))), 3))!;
      const sum = new Int32Array(1);
      await some.allreduce(new Int32Array([1]), sum, SUM);
      assert.equal(sum[0], some.size);
    }
    const near = (await world.splitType('shared', 0))!;
    await near.barrier();
    const later = copy.idup();
    await later.wait();
    await later.comm.barrier();
    await copy.free();
    await assert.rejects(async () => copy.setErrhandler(ERRORS_RETURN) ?? (await copy.barrier()), {
      errorClass: ErrorClass.COMM,
    });
  });

  conforms(
    'inter-communicators: the other group is addressed, rooted collectives know ROOT, and merge orders the sides',
    async ({ world }: MPI) => {
      const { rank, size } = world;
      const isLow = rank < size / 2;
      const local = (await world.split(isLow ? 0 : 1, rank))!;
      const inter = await local.createIntercomm(0, world, isLow ? Math.ceil(size / 2) : 0, 5);
      assert.equal(inter.testInter(), true);
      assert.equal(inter.remoteSize, size - local.size);
      const got = new Int32Array(1);
      const partner = inter.rank % inter.remoteSize;
      if (inter.rank < inter.remoteSize) {
        await inter.sendrecv(new Int32Array([rank]), partner, 1, got, partner, 1);
        assert.equal(inter.getRemoteGroup().gids[partner], got[0]);
      }
      const word = new Float64Array([isLow ? rank : -1]);
      if (isLow) await inter.bcast(word, rank === 0 ? ROOT : PROC_NULL);
      else {
        await inter.bcast(word, 0);
        assert.equal(word[0], 0);
      }
      const sum = new Float64Array(1);
      await inter.allreduce(new Float64Array([1]), sum, SUM);
      assert.equal(sum[0], inter.remoteSize);
      const all = new Float64Array(inter.remoteSize);
      await inter.allgather(new Float64Array([rank]), all);
      assert.deepEqual([...all], [...inter.getRemoteGroup().gids]);
      const most = isLow && inter.rank === 0 ? new Float64Array(1) : null;
      if (isLow) await inter.reduce(new Float64Array(1), most, MAX, inter.rank === 0 ? ROOT : PROC_NULL);
      else await inter.reduce(new Float64Array([rank]), null, MAX, 0);
      if (most !== null) assert.equal(most[0], size - 1);
      await inter.barrier();
      const merged = await inter.merge(isLow);
      assert.equal(merged.rank, isLow ? rank + Math.floor(size / 2) : rank - Math.ceil(size / 2));
      assert.equal((await inter.dup()).compare(inter), 'congruent');
      const again = await inter.split(0, 0);
      assert.equal(again?.remoteSize, inter.remoteSize);
    },
    { ranksMin: 2 },
  );

  conforms('attributes are copied and deleted as their keys say', async (mpi: MPI) => {
    const { world } = mpi;
    const log: string[] = [];
    const plain = mpi.commCreateKeyval();
    const copied = mpi.commCreateKeyval(dupFn, (_comm, _key, value, extra) => log.push(`${value} ${extra}`), 'x');
    const doubled = mpi.commCreateKeyval((_comm, _key, _extra, value) => 2 * (value as number));
    const comm = await world.dup();
    comm.setAttr(plain, 1);
    comm.setAttr(copied, 2);
    comm.setAttr(doubled, 4);
    const copy = await comm.dup();
    assert.deepEqual([copy.getAttr(plain), copy.getAttr(copied), copy.getAttr(doubled)], [undefined, 2, 8]);
    copy.setAttr(copied, 3);
    await copy.free();
    assert.deepEqual(log, ['2 x', '3 x']);
    comm.deleteAttr(copied);
    assert.equal(log.length, 3);
    mpi.commFreeKeyval(plain);
    assert.throws(() => comm.getAttr(plain), { errorClass: ErrorClass.KEYVAL });
    assert.equal(world.getAttr(Key.TAG_UB), TAG_UB);
    assert.equal(world.getName(), 'MPI_COMM_WORLD');
    const info = mpi.createInfo();
    info.set('a', '1');
    info.set('b', '2');
    comm.setInfo(info);
    assert.equal(comm.getInfo().get('b'), '2');
    assert.equal(info.getNthkey(0), 'a');
  });

  conforms('errors have classes, codes and handlers of the program', async (mpi: MPI) => {
    const { world } = mpi;
    const { errors } = mpi;
    const added = errors.addClass();
    const code = errors.addCode(added);
    errors.addString(code, 'all is lost');
    assert.equal(errors.classOf(code), added);
    assert.equal(errors.textOf(code), 'all is lost');
    assert.equal(errors.textOf(ErrorClass.TRUNCATE), 'MPI_ERR_TRUNCATE');
    assert.equal(world.getAttr(Key.LASTUSEDCODE), code);
    const comm = await world.dup();
    assert.equal(comm.getErrhandler(), ERRORS_ARE_FATAL);
    const seen: number[] = [];
    comm.setErrhandler((on, error) => {
      assert.equal(on, comm);
      seen.push(error.errorClass);
    });
    assert.throws(() => comm.isend(new Int32Array(1), -7), MpiError);
    assert.throws(() => comm.isend(new Int32Array(1), 0, -7), MpiError);
    comm.callErrhandler(new MpiError('OTHER', 'test'));
    assert.deepEqual(seen, [ErrorClass.RANK, ErrorClass.TAG, ErrorClass.OTHER]);
  });
});

describe('datatypes', () => {
  conforms('types describe where data lie, and what they need', async ({ world }: MPI) => {
    const column = vector(3, 1, 4, DOUBLE).commit();
    assert.deepEqual([column.size, column.extent, column.lb], [24, 72, 0]);
    const narrow = resized(column, 0, 8).commit();
    assert.equal(narrow.extent, 8);
    const backwards = hvector(3, 1, -8, DOUBLE).commit();
    assert.deepEqual([backwards.lb, backwards.extent], [-16, 24]);
    const mixed = struct([1, 2], [0, 8], [INT32, DOUBLE]).commit();
    assert.deepEqual([mixed.size, mixed.extent], [20, 24]);
    assert.equal(mixed.elementsIn(12), 2);
    assert.equal(mixed.elementsIn(10), undefined);
    assert.deepEqual(mixed.getEnvelope(), { combiner: 'STRUCT', numbers: 5, types: 2 });
    const { rank, size } = world;
    // A transposition: the columns of a matrix arrive as rows.
    const matrix = Float64Array.from({ length: 12 }, (_, i) => i + 100 * rank);
    const rows = new Float64Array(12);
    await world.sendrecv(
      { data: matrix, count: 4, type: narrow },
      (rank + 1) % size,
      1,
      rows,
      (rank + size - 1) % size,
      1,
    );
    const from = 100 * ((rank + size - 1) % size);
    assert.deepEqual(
      [...rows],
      upTo(12).map((i) => (i % 3) * 4 + Math.floor(i / 3) + from),
    );
    const reversed = new Float64Array(3);
    await world.sendrecv({ data: matrix, offset: 2, count: 1, type: backwards }, rank, 2, reversed, rank, 2);
    assert.deepEqual(
      [...reversed],
      [2, 1, 0].map((i) => i + 100 * rank),
    );
  });

  conforms('what is packed unpacks; long data of types travel whole', async (mpi: MPI) => {
    const { world } = mpi;
    const { rank, size } = world;
    const box = subarray([6, 7], [3, 4], [2, 1], 'C', INT32).commit();
    const field = Int32Array.from({ length: 42 }, (_, i) => i);
    const packed = new Uint8Array(mpi.packSize({ data: field, count: 1, type: box }) + 8);
    let at = mpi.pack({ data: field, count: 1, type: box }, packed, 0);
    at = mpi.pack(new Float64Array([2.5]), packed, at);
    assert.equal(at, 56);
    const copy = new Int32Array(42);
    at = mpi.unpack(packed, 0, { data: copy, count: 1, type: box });
    const tail = new Float64Array(1);
    mpi.unpack(packed, at, tail);
    assert.equal(tail[0], 2.5);
    assert.equal(copy.filter((x) => x !== 0).length, 12);
    assert.equal(copy[2 * 7 + 1], 15);
    const holes = indexed([2, 1, 3], [0, 5, 8], DOUBLE).commit();
    const n = 3000;
    const [out, into] = [Float64Array.from({ length: 11 * n }, (_, i) => i), new Float64Array(11 * n)];
    const status = await world.sendrecv(
      { data: out, count: n, type: holes },
      (rank + 1) % size,
      3,
      { data: into, count: n, type: holes },
      (rank + size - 1) % size,
      3,
    );
    assert.equal(status.getCount(holes), n);
    assert.equal(status.getElements(holes), 6 * n);
    for (let i = 0; i < 11 * n; i++) assert.equal(into[i], [0, 1, 5, 8, 9, 10].includes(i % 11) ? i : 0);
    const parts = upTo(4).map((r) =>
      darray({
        size: 4,
        rank: r,
        sizes: [5, 6],
        distributions: ['cyclic', 'block'],
        blocks: [2, -1],
        grid: [2, 2],
        order: 'C',
        type: BYTE,
      }),
    );
    assert.equal(
      parts.reduce((sum, part) => sum + part.size, 0),
      30,
    );
    assert.deepEqual(parts[3]!.offsets, [15, 21]);
  });
});

describe('topologies', () => {
  conforms(
    'dims_create balances, and respects what is fixed',
    async () => {
      assert.deepEqual(dimsCreate(12, [0, 0]), [4, 3]);
      assert.deepEqual(dimsCreate(6, [0, 0, 0]), [3, 2, 1]);
      assert.deepEqual(dimsCreate(24, [0, 3, 0]), [4, 3, 2]);
      assert.deepEqual(dimsCreate(36, [0, 0]), [6, 6]);
      assert.throws(() => dimsCreate(7, [2, 0]), { errorClass: ErrorClass.DIMS });
    },
    { ranks: [1] },
  );

  conforms('grids: shifts, edges, sub-grids, and neighbours in their order', async ({ world }: MPI) => {
    const { size } = world;
    const dims = dimsCreate(size, [0, 0]);
    const grid = (await world.cartCreate(dims, [true, false]))!;
    const { coords } = grid.cartGet();
    assert.equal(grid.cartRank(coords), grid.rank);
    assert.equal(grid.cartShift(1, 1).dest, coords[1]! + 1 < dims[1]! ? grid.rank + 1 : PROC_NULL);
    const { source, dest } = grid.cartShift(0, 1);
    assert.deepEqual(grid.cartCoords(dest), [(coords[0]! + 1) % dims[0]!, coords[1]]);
    assert.deepEqual(grid.cartCoords(source), [(coords[0]! + dims[0]! - 1) % dims[0]!, coords[1]]);
    const row = await grid.cartSub([false, true]);
    assert.equal(row.size, dims[1]);
    assert.equal(row.rank, coords[1]);
    // What goes down comes from above, also where both neighbours are the same rank.
    const into = new Int32Array(4).fill(-1);
    await grid.neighborAlltoall(
      Int32Array.from(upTo(4), (i) => 10 * grid.rank + i),
      into,
    );
    const neighbors = [source, dest, grid.cartShift(1, 1).source, grid.cartShift(1, 1).dest];
    assert.deepEqual(
      [...into],
      neighbors.map((r, i) => (r === PROC_NULL ? -1 : 10 * r + (i ^ 1))),
    );
    const all = new Int32Array(4).fill(-1);
    const later = grid.ineighborAllgather(new Int32Array([grid.rank]), all);
    await later.wait();
    assert.deepEqual(
      [...all],
      neighbors.map((r) => (r === PROC_NULL ? -1 : r)),
    );
    const fewer = await world.cartCreate([Math.max(1, size - 1)], [false]);
    assert.equal(fewer === null, size > 1 && world.rank === size - 1);
  });

  conforms('graphs: whole and distributed', async ({ world }: MPI) => {
    const { rank, size } = world;
    // A star.
    const index = upTo(size).map((r) => size - 1 + r);
    const edges = [
      ...upTo(size).slice(1),
      ...upTo(size)
        .slice(1)
        .map(() => 0),
    ];
    const star = (await world.graphCreate(index, edges))!;
    assert.deepEqual(star.graphNeighbors(0), upTo(size).slice(1));
    const from = new Int32Array(star.graphNeighborsCount(rank));
    await star.neighborAllgather(new Int32Array([rank]), from);
    assert.deepEqual([...from], star.graphNeighbors(rank));
    const ring = await world.distGraphCreateAdjacent([(rank + size - 1) % size], [(rank + 1) % size]);
    const before = new Int32Array(1);
    await ring.neighborAlltoall(new Int32Array([rank]), before);
    assert.equal(before[0], (rank + size - 1) % size);
    const said =
      rank === 0
        ? await world.distGraphCreate(
            upTo(size),
            upTo(size).map(() => 1),
            upTo(size).map((r) => (r + 1) % size),
          )
        : await world.distGraphCreate([], [], []);
    const { indegree, outdegree } = said.distGraphNeighborsCount();
    assert.deepEqual([indegree, outdegree], [1, 1]);
    await said.neighborAlltoallv(new Int32Array([rank]), [1], null, before, [1]);
    assert.equal(before[0], (rank + size - 1) % size);
  });
});
