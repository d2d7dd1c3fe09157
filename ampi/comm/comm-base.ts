/** What all communicators share: context, members, name, attributes, info, error handler. */
import { PROC_NULL, TAG_UB } from '../constants.ts';
import { ERRORS_ARE_FATAL, type ErrorHandler, MpiError } from '../errors.ts';
import type { Engine } from '../messages/engine.ts';
import type { Mpi } from '../rank/mpi.ts';
import { type AttributeOwner, Attributes } from './attributes.ts';
import type { Group } from './group.ts';
import type { Info } from './info.ts';

export abstract class CommBase implements AttributeOwner {
  /** @internal */
  readonly mpi: Mpi;
  /** @internal */
  readonly engine: Engine;
  /** Context of messages; collectives have the next one. @internal */
  readonly ctx: number;
  /** @internal */
  readonly members: Group;
  /** Of the calling rank. */
  readonly rank: number;
  /** Number of ranks (of an inter-communicator: in the group of the caller). */
  readonly size: number;
  /** @internal */
  readonly attributes = new Attributes(this);
  private label: string;
  private handler: ErrorHandler = ERRORS_ARE_FATAL;
  private hints: Info | undefined = undefined;
  private collectives = 0;
  isFreed = false;

  constructor(mpi: Mpi, ctx: number, members: Group, name: string) {
    this.mpi = mpi;
    this.engine = mpi._engine;
    this.ctx = ctx;
    this.members = members;
    this.rank = members.rank;
    this.size = members.size;
    this.label = name;
    mpi._contexts.set(ctx, this);
    mpi._useAttributes(this);
  }

  abstract get isInter(): boolean;
  /** Whom messages go to. @internal */
  abstract get targets(): Group;

  // ---- names, handlers, hints ----

  getName(): string {
    return this.label;
  }

  setName(name: string): void {
    this.label = name;
  }

  setErrhandler(handler: ErrorHandler): void {
    this.handler = handler;
  }

  getErrhandler(): ErrorHandler {
    return this.handler;
  }

  /** Does what an error of a call would do: MPI_Comm_call_errhandler. Throws, unless the job ends. */
  callErrhandler(error: MpiError): void {
    const thrown = this.mpi.raise(this, error);
    if (typeof this.handler !== 'function') throw thrown;
  }

  setInfo(info: Info): void {
    this.hints = info.dup();
  }

  getInfo(): Info {
    return this.hints?.dup() ?? this.mpi.createInfo();
  }

  /** @internal */
  inherit(from: CommBase): void {
    this.handler = from.handler;
    this.hints = from.hints?.dup();
  }

  // ---- attributes ----

  getAttr(key: number): unknown {
    return this.attributes.get(key);
  }

  setAttr(key: number, value: unknown): void {
    this.attributes.set(key, value);
  }

  deleteAttr(key: number): void {
    this.attributes.delete(key);
  }

  // ---- checks ----

  /** @internal */
  fail(error: MpiError): MpiError {
    return this.mpi.raise(this, error);
  }

  /** The number of a destination in the job. @internal */
  checkDest(dest: number, tag: number): number {
    if (this.isFreed) throw this.fail(new MpiError('COMM', `the communicator ${this.label} has been freed`));
    if (tag < 0 || tag > TAG_UB || !Number.isInteger(tag))
      throw this.fail(
        new MpiError('TAG', `the tag of a message that is sent is an integer from 0 to ${TAG_UB}, not ${tag}`),
      );
    const gid = this.targets.gids[dest];
    if (gid !== undefined) return gid;
    throw this.fail(new MpiError('RANK', `there is no rank ${dest} in ${this.label}, which has ${this.targets.size}`));
  }

  /** @internal */
  checkSource(source: number, tag: number): void {
    if (this.isFreed) throw this.fail(new MpiError('COMM', `the communicator ${this.label} has been freed`));
    if (tag < -1 || tag > TAG_UB || !Number.isInteger(tag))
      throw this.fail(new MpiError('TAG', `a tag is an integer from 0 to ${TAG_UB}, or ANY_TAG, not ${tag}`));
    if (source >= PROC_NULL && source < this.targets.size && Number.isInteger(source)) return;
    throw this.fail(
      new MpiError('RANK', `there is no rank ${source} in ${this.label}, which has ${this.targets.size}`),
    );
  }

  /** @internal */
  checkRoot(root: number): void {
    if (this.isFreed) throw this.fail(new MpiError('COMM', `the communicator ${this.label} has been freed`));
    if (Number.isInteger(root) && root >= 0 && root < this.size) return;
    throw this.fail(new MpiError('ROOT', `there is no rank ${root} in ${this.label}, which has ${this.size}`));
  }

  /** The number of a collective operation: the same on all ranks, as all call them in the same order. @internal */
  nextCollective(): number {
    if (this.isFreed) throw this.fail(new MpiError('COMM', `the communicator ${this.label} has been freed`));
    this.collectives = (this.collectives + 1) & TAG_UB;
    return this.collectives;
  }
}
