/**
 * Ports: how groups that have no communicator in common make one.
 *
 *  1. A port is a context of the rank that has opened it; its name says which.
 *  2. Who connects sends there who its group is, and a context for the answer.
 *  3. The one that accepts answers with its own group; then each root tells its group, as in any inter-communicator.
 */
import type { Intercomm } from '../comm/intercomm.ts';
import type { Comm } from '../comm/intracomm.ts';
import { joinSides, type SideWord, sideWord } from '../comm/make-intercomm.ts';
import { ANY_SOURCE, ANY_TAG } from '../constants.ts';
import { MpiError } from '../errors.ts';
import type { Mpi } from '../rank/mpi.ts';

interface Connecting {
  readonly word: SideWord;
  readonly gid: number;
  readonly replyCtx: number;
}

const form = /^charm4ts-port:(\d+):(\d+)$/;

export function openPort(mpi: Mpi): string {
  return `charm4ts-port:${mpi._engine.gid}:${mpi._newContext()}`;
}

export function checkPort(port: string | null): { readonly gid: number; readonly ctx: number } {
  const match = form.exec(port ?? '');
  if (match === null) throw new MpiError('PORT', `${JSON.stringify(port)} is not the name of a port`);
  return { gid: Number(match[1]), ctx: Number(match[2]) };
}

export async function accept(comm: Comm, port: string | null, root: number): Promise<Intercomm> {
  let words: { readonly mine: SideWord; readonly theirs: SideWord } | undefined;
  if (comm.rank === root) {
    const { gid, ctx } = checkPort(port);
    if (gid !== comm.engine.gid) throw comm.fail(new MpiError('PORT', 'a port accepts at the rank that has opened it'));
    const { engine, mpi } = comm;
    const receive = engine.receive(comm, ctx, ANY_SOURCE, ANY_TAG, undefined);
    await receive.wait();
    const { word, gid: other, replyCtx } = receive.value as Connecting;
    for (const world of word.worlds) mpi._worlds.add(world);
    words = { mine: sideWord(mpi, comm), theirs: word };
    engine.sendValue(replyCtx, 0, other, 0, words.mine);
  }
  return joinSides(comm, root, words);
}

export async function connect(comm: Comm, port: string | null, root: number): Promise<Intercomm> {
  let words: { readonly mine: SideWord; readonly theirs: SideWord } | undefined;
  if (comm.rank === root) {
    const { gid, ctx } = checkPort(port);
    const { engine, mpi } = comm;
    const world = await mpi._chare._setup.pes.at(0).ask.worldOf(gid);
    if (world === undefined) throw comm.fail(new MpiError('PORT', `nobody has opened the port ${port}`));
    mpi._worlds.add(world);
    const replyCtx = mpi._newContext();
    const mine = sideWord(mpi, comm);
    const message: Connecting = { word: mine, gid: engine.gid, replyCtx };
    engine.sendValue(ctx, 0, gid, 0, message);
    const receive = engine.receive(comm, replyCtx, ANY_SOURCE, ANY_TAG, undefined);
    await receive.wait();
    words = { mine, theirs: receive.value as SideWord };
  }
  return joinSides(comm, root, words);
}

export async function publishName(mpi: Mpi, service: string, port: string): Promise<void> {
  const isNew = await mpi._chare._setup.pes.at(0).ask.publish(service, port);
  if (!isNew) throw mpi.raise(undefined, new MpiError('SERVICE', `the name ${JSON.stringify(service)} is taken`));
}

export async function unpublishName(mpi: Mpi, service: string): Promise<void> {
  const isKnown = await mpi._chare._setup.pes.at(0).ask.unpublish(service);
  if (!isKnown) throw mpi.raise(undefined, new MpiError('SERVICE', `there is no name ${JSON.stringify(service)}`));
}

export async function lookupName(mpi: Mpi, service: string): Promise<string> {
  const port = await mpi._chare._setup.pes.at(0).ask.lookup(service);
  if (port !== undefined) return port;
  throw mpi.raise(undefined, new MpiError('NAME', `there is no name ${JSON.stringify(service)}`));
}
