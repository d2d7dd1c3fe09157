/**
 * `Comm`: a communicator of one group, and how others are made of it. Each has a context of its own, so its messages never meet
 * those of another one; contexts are numbers that the first rank of the new group gives out.
 */
import { bcastBytes } from '../collectives/bcast.ts';
import { Call } from '../collectives/call.ts';
import { UNDEFINED } from '../constants.ts';
import { accept, connect } from '../dynamic/ports.ts';
import { type SpawnOptions, type SpawnPart, spawn } from '../dynamic/spawn.ts';
import { MpiError } from '../errors.ts';
import { PromiseRequest, type Request } from '../messages/request.ts';
import type { RankMain } from '../rank/rank.ts';
import { Topological } from '../topology/topological.ts';
import type { CommBase } from './comm-base.ts';
import { type Comparison, Group } from './group.ts';
import type { Info } from './info.ts';
import type { Intercomm } from './intercomm.ts';

/** `split` by what hardware shares. */
export type SplitType = 'shared' | undefined;

export class Comm extends Topological {
  get isInter(): boolean {
    return false;
  }

  get targets(): Group {
    return this.members;
  }

  testInter(): boolean {
    return false;
  }

  getGroup(): Group {
    return this.members;
  }

  compare(other: CommBase): Comparison {
    return compareComms(this, other);
  }

  /** The same group with a context of its own; attributes go along as their keys say. Collective. */
  async dup(): Promise<Comm> {
    const copy = await this.duplicate();
    this.attributes.copyTo(copy.attributes);
    return copy;
  }

  async dupWithInfo(info: Info): Promise<Comm> {
    const copy = await this.dup();
    copy.setInfo(info);
    return copy;
  }

  /** The new communicator is in `comm` of the request once it has ended. */
  idup(): Request & { readonly comm: Comm } {
    const request = new CommRequest(this, this.dup());
    return request as unknown as Request & { readonly comm: Comm };
  }

  protected async duplicate(): Promise<Comm> {
    const ctx = await this.agreeOnContext();
    const copy = this.another(ctx, this.members, this.getName());
    copy.inherit(this);
    copy.topology = this.topology;
    return copy;
  }

  /** Rank 0 gives out a context. */
  private async agreeOnContext(): Promise<number> {
    const call = new Call(this);
    const ctx = new Float64Array([this.rank === 0 ? this.mpi._newContext() : 0]);
    await bcastBytes(call, ctx, 0);
    return ctx[0]!;
  }

  /** @internal */
  another(ctx: number, members: Group, name = ''): Comm {
    return new Comm(this.mpi, ctx, members, name);
  }

  /**
   * Ranks of equal `color` form a communicator, in the order of their keys; equal keys in the order of ranks. Null for the colour
   * UNDEFINED. Collective.
   */
  async split(color: number, key: number): Promise<Comm | null> {
    if (color !== UNDEFINED && (!Number.isInteger(color) || color < 0))
      throw this.fail(new MpiError('ARG', `a colour is an integer, 0 or more, or UNDEFINED, not ${color}`));
    const all = new Float64Array(3 * this.size);
    await this.allgather(new Float64Array([color, key, color === UNDEFINED ? 0 : this.mpi._newContext()]), all);
    if (color === UNDEFINED) return null;
    const ranks: number[] = [];
    for (let rank = 0; rank < this.size; rank++) if (all[3 * rank] === color) ranks.push(rank);
    ranks.sort((a, b) => all[3 * a + 1]! - all[3 * b + 1]! || a - b);
    const made = this.another(all[3 * ranks[0]! + 2]!, this.members.incl(ranks));
    made.inherit(this);
    return made;
  }

  /** `shared`: ranks that are in one process now, and so can share memory. The communicator stays valid when they move. */
  splitType(type: SplitType, key: number): Promise<Comm | null> {
    return this.split(type === undefined ? UNDEFINED : this.mpi._node, key);
  }

  /** A communicator of a subset, null for ranks outside of it. All ranks of this one call it. */
  async create(group: Group): Promise<Comm | null> {
    const all = new Float64Array(this.size);
    await this.allgather(new Float64Array([group.rank === 0 ? this.mpi._newContext() : 0]), all);
    if (group.rank === UNDEFINED) return null;
    const first = this.members.rankOf(group.gids[0]!);
    if (group.gids.some((gid) => this.members.rankOf(gid) === UNDEFINED))
      throw this.fail(new MpiError('GROUP', 'a communicator is created from a group with ranks that are not in it'));
    const made = this.another(all[first]!, new Group(group.gids, this.engine.gid));
    made.inherit(this);
    return made;
  }

  /** The same, called by the ranks of the group only; `tag` tells such calls apart. */
  async createGroup(group: Group, tag = 0): Promise<Comm | null> {
    if (group.rank === UNDEFINED) return null;
    const call = new GroupCall(this, groupTagsEnd - tag, group);
    const ctx = new Float64Array([group.rank === 0 ? this.mpi._newContext() : 0]);
    await bcastBytes(call, ctx, 0);
    const made = this.another(ctx[0]!, group);
    made.inherit(this);
    return made;
  }

  /**
   * An inter-communicator of this group and another one, whose leaders can talk to each other in `peer`: `remoteLeader` is the
   * other one's rank there.
   */
  createIntercomm(localLeader: number, peer: Comm | null, remoteLeader: number, tag: number): Promise<Intercomm> {
    this.checkRoot(localLeader);
    return this.mpi._makeIntercomm(this, localLeader, peer, remoteLeader, tag);
  }

  /**
   * Makes more ranks, which run an exported function of the program: an inter-communicator to them. They find theirs in
   * `mpi.parent`. Collective; the root's arguments count.
   */
  spawn(main: RankMain, count: number, options: SpawnOptions = {}): Promise<Intercomm> {
    return spawn(this, [{ main, count }], options);
  }

  /** The same with several functions; together they are one world. */
  spawnMultiple(parts: readonly SpawnPart[], options: SpawnOptions = {}): Promise<Intercomm> {
    return spawn(this, parts, options);
  }

  /** Waits for a group that connects to a port. Collective; `port` counts at the root, which has opened it. */
  accept(port: string | null, root = 0): Promise<Intercomm> {
    return accept(this, port, root);
  }

  /** Connects to a group that accepts at a port. Collective. */
  connect(port: string | null, root = 0): Promise<Intercomm> {
    return connect(this, port, root);
  }

  /** All ranks call it; messages under way go on. */
  async free(): Promise<void> {
    if (this === this.mpi.world || this === this.mpi.self)
      throw this.fail(new MpiError('COMM', `${this.getName()} is predefined and can't be freed`));
    this.attributes.clear();
    this.isFreed = true;
  }

  /** Like `free`, after all messages of it have come. */
  async disconnect(): Promise<void> {
    await this.barrier();
    await this.free();
  }
}

/** Tags below those of collectives. */
const groupTagsEnd = -16;

/** A collective operation of some ranks of a communicator, which are known by their ranks in the group. */
class GroupCall extends Call {
  constructor(comm: Comm, tag: number, group: Group) {
    super(comm, tag, group, group.rank, group.size);
  }
}

/** Ends with a new communicator. */
export class CommRequest<C extends CommBase> extends PromiseRequest {
  comm: C | undefined = undefined;

  constructor(parent: CommBase, work: Promise<C>) {
    super(
      parent.engine,
      parent,
      'idup',
      work.then((comm) => this.made(comm)),
    );
  }

  private made(comm: C): void {
    this.comm = comm;
  }
}

export function compareComms(a: CommBase, b: CommBase): Comparison {
  if (a === b) return 'identical';
  if (a.isInter !== b.isInter) return 'unequal';
  const [own, remote] = [a.members.compare(b.members), a.targets.compare(b.targets)];
  if (own === 'identical' && remote === 'identical') return a.ctx === b.ctx ? 'identical' : 'congruent';
  return own === 'unequal' || remote === 'unequal' ? 'unequal' : 'similar';
}
