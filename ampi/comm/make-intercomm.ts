/** How two groups make an inter-communicator: their leaders tell each other who is in them, then tell their own group. */
import { MpiError } from '../errors.ts';
import type { Mpi } from '../rank/mpi.ts';
import type { World } from '../rank/worlds.ts';
import { Group } from './group.ts';
import { Intercomm } from './intercomm.ts';
import type { Comm } from './intracomm.ts';

/** What a leader tells the other one. */
export interface SideWord {
  readonly gids: readonly number[];
  readonly ctx: number;
  readonly worlds: readonly World[];
}

export async function makeIntercomm(
  local: Comm,
  localLeader: number,
  peer: Comm | null,
  remoteLeader: number,
  tag: number,
): Promise<Intercomm> {
  const { mpi } = local;
  let words: { readonly mine: SideWord; readonly theirs: SideWord } | undefined;
  if (local.rank === localLeader) {
    if (peer === null) throw new MpiError('COMM', 'the leader of a group needs a communicator to the other one');
    const mine = sideWord(mpi, local);
    await peer.sendObject(mine, remoteLeader, tag);
    words = { mine, theirs: (await peer.recvObject<SideWord>(remoteLeader, tag)).value };
  }
  return joinSides(local, localLeader, words);
}

export function sideWord(mpi: Mpi, local: Comm): SideWord {
  return { gids: local.members.gids, ctx: mpi._newContext(), worlds: mpi._worlds.all };
}

/** Called by all ranks of one side; the root has both words. */
export async function joinSides(
  local: Comm,
  root: number,
  words: { readonly mine: SideWord; readonly theirs: SideWord } | undefined,
  name = '',
): Promise<Intercomm> {
  const { mpi } = local;
  const { mine, theirs } = await local.bcastObject(words, root);
  for (const world of theirs.worlds) mpi._worlds.add(world);
  const ctx = mine.gids[0]! < theirs.gids[0]! ? mine.ctx : theirs.ctx;
  return new Intercomm(mpi, ctx, await local.dup(), new Group(theirs.gids, mpi._engine.gid), name);
}
