/**
 * Spawning ranks: a new array of chares, which is a world of its own.
 *
 *  1. The root has numbers reserved for the new ranks, and makes the array; what they need to know goes with their constructors.
 *  2. It tells its own group; both sides make the inter-communicator, without another word between them.
 */

import { Group } from '../comm/group.ts';
import type { Info } from '../comm/info.ts';
import { Intercomm } from '../comm/intercomm.ts';
import type { Comm } from '../comm/intracomm.ts';
import { MpiError } from '../errors.ts';
import type { Mpi } from '../rank/mpi.ts';
import type { RankChare, RankMain, RankSetup } from '../rank/rank.ts';
import type { World } from '../rank/worlds.ts';
import type { SpawnedSetup } from './spawned.ts';

export interface SpawnPart {
  readonly main: RankMain;
  readonly count: number;
}

export interface SpawnOptions {
  readonly root?: number;
  /** What `mpi.args` of the new ranks is. */
  readonly args?: readonly string[];
  /** Hints; none is used. */
  readonly info?: Info;
  /** Where they begin. Default: `block`. */
  readonly map?: 'block' | 'roundRobin';
}

type RankClass = new (setup: RankSetup, base: number, size: number) => RankChare;

export async function spawn(comm: Comm, parts: readonly SpawnPart[], options: SpawnOptions): Promise<Intercomm> {
  const { root = 0 } = options;
  comm.checkRoot(root);
  const made = comm.rank === root ? await makeWorld(comm, parts, options) : undefined;
  const { world, ctx } = await comm.bcastObject(made, root);
  comm.mpi._worlds.add(world);
  const children = new Group(
    Array.from({ length: world.size }, (_, i) => world.base + i),
    comm.engine.gid,
  );
  return new Intercomm(comm.mpi, ctx, await comm.dup(), children, 'spawned ranks');
}

async function makeWorld(
  comm: Comm,
  parts: readonly SpawnPart[],
  { args = [], map = 'block' }: SpawnOptions,
): Promise<{ readonly world: World; readonly ctx: number }> {
  const { mpi } = comm;
  const chare = mpi._chare;
  const mains = parts.map(({ main, count }) => {
    const name = chare._nameOf(main);
    if (name === undefined)
      throw comm.fail(new MpiError('SPAWN', 'ranks are spawned with a function that the program exports'));
    if (!Number.isInteger(count) || count < 1)
      throw comm.fail(new MpiError('SPAWN', `${count} ranks can't be spawned`));
    return { name, count };
  });
  const size = mains.reduce((sum, { count }) => sum + count, 0);
  const { pes, protocol } = chare._setup;
  const base = await pes.at(0).ask.reserve(size);
  const [ctx, worldCtx] = [mpi._newContext(), mpi._newContext()];
  const spawned: SpawnedSetup = { mains, args, ctx, worldCtx, parents: comm.members.gids, worlds: mpi._worlds.all };
  const array = await mpi.charm.array(chare.constructor as RankClass, {
    size,
    map,
    args: [{ pes, protocol, spawned }, base, size],
  });
  const world = { base, size, array } as World;
  await pes.at(0).ask.register(world);
  array.all.begin();
  return { world, ctx };
}

/** The inter-communicator of spawned ranks to those who have spawned them. */
export async function parentOf(mpi: Mpi, { ctx, parents, worlds }: SpawnedSetup): Promise<Intercomm> {
  for (const world of worlds) mpi._worlds.add(world);
  return new Intercomm(mpi, ctx, await mpi.world.dup(), new Group(parents, mpi._engine.gid), 'MPI_COMM_PARENT');
}
