/** `Send`: a send that could not end at once, since its data wait for the receiver. */
import type { Payload } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { Request } from './request.ts';
import { Status } from './status.ts';

export class Send extends Request {
  readonly engine: Engine;
  readonly payload: Payload;
  readonly gid: number;
  readonly dest: number;
  readonly tag: number;
  readonly ctx: number;
  sendId = 0;
  /** Bytes handed over, of data that go in pieces. */
  sent = 0;
  /** Called when the receiver has everything: attached buffers are free again. */
  whenSent: (() => void) | undefined = undefined;

  constructor(
    engine: Engine,
    on: object | undefined,
    ctx: number,
    gid: number,
    dest: number,
    tag: number,
    payload: Payload,
  ) {
    super(engine, on);
    this.engine = engine;
    this.ctx = ctx;
    this.gid = gid;
    this.dest = dest;
    this.tag = tag;
    this.payload = payload;
  }

  override finish(status: Status): void {
    this.whenSent?.();
    super.finish(status);
  }

  /** The receiver is asked; if it has not matched the message, it forgets it. */
  override cancel(): void {
    if (this.isDone || this.sendId === 0) return;
    this.engine.peer(this.gid).withdraw(this.ctx, this.engine.gid, this.sendId);
  }

  cancelled(): void {
    const status = Status.empty();
    status.isCancelled = true;
    this.finish(status);
  }

  describe(): string {
    return `rank ${this.dest} to receive ${this.payload.byteLength} bytes, tag ${this.tag}, ${this.engine.describeContext(this.ctx)}`;
  }
}

/** A send that has ended already. */
export class DoneSend extends Request {
  constructor(engine: Engine, on: object | undefined) {
    super(engine, on);
    this.isDone = true;
    this.status = Status.empty();
  }

  /** It has left; too late. */
  override cancel(): void {}

  describe(): string {
    return 'a send that has ended';
  }
}

export class PersistentSend extends Request {
  override isActive = false;
  private readonly begin: () => Request | undefined;
  private current: Request | undefined = undefined;

  constructor(engine: Engine, on: object | undefined, begin: () => Request | undefined) {
    super(engine, on);
    this.begin = begin;
  }

  override get isPersistent(): boolean {
    return true;
  }

  override start(): void {
    if (this.isActive)
      throw this.host.raise(this.on, new MpiError('REQUEST', 'a persistent send that is active is started'));
    this.isActive = true;
    this.isDone = false;
    this.failure = undefined;
    const inner = this.begin();
    this.current = inner;
    if (inner === undefined || inner.isDone) return this.finish(Status.empty());
    inner.waiter = {
      ended: (request) => {
        request.outcome();
        if (request.failure === undefined) this.finish(request.status!);
        else this.fail(request.failure);
      },
    };
  }

  override cancel(): void {
    this.current?.cancel();
  }

  describe(): string {
    return this.current?.describe() ?? 'a persistent send';
  }
}
