/** `Receive`: a receive into memory of the program, or of one value. Persistent ones begin anew with `start`. */
import { copyPayload, type Payload, Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { type Envelope, EnvelopeKind } from './envelope.ts';
import type { Posted } from './match-queue.ts';
import { Request } from './request.ts';
import { Status } from './status.ts';

/** Where data go: a typed array from its begin on, or places of a type; undefined for a value. */
export type Target = Payload | Place | undefined;

export class Receive extends Request implements Posted {
  readonly engine: Engine;
  readonly ctx: number;
  readonly source: number;
  readonly tag: number;
  readonly target: Target;
  nextPosted: Posted | undefined = undefined;
  previousPosted: Posted | undefined = undefined;
  /** It stands in the queue. */
  isPosted = false;
  value: unknown = undefined;
  /** Of data that come in pieces. */
  received = 0;
  expected: Status | undefined = undefined;

  constructor(engine: Engine, on: object | undefined, ctx: number, source: number, tag: number, target: Target) {
    super(engine, on);
    this.engine = engine;
    this.ctx = ctx;
    this.source = source;
    this.tag = tag;
    this.target = target;
  }

  /** Bytes that there is room for. */
  get room(): number {
    const { target } = this;
    if (target === undefined) return 0;
    return target instanceof Place ? target.bytes : target.byteLength;
  }

  /** A message has been matched, and all of its data are here. */
  take(envelope: Envelope): void {
    const { kind, size } = envelope;
    const status = new Status(envelope.source, envelope.tag, size);
    if (!this.accepts(envelope)) return;
    if (kind === EnvelopeKind.object) this.value = envelope.value;
    else if (kind === EnvelopeKind.tiny) this.engine.scratch.put(this.target!, envelope);
    else if (size > 0) this.fill(envelope.payload!);
    this.finish(status);
  }

  /** False, and it has failed, if a message does not fit. */
  accepts(envelope: Envelope): boolean {
    const { kind, size, source, tag } = envelope;
    const isObject = kind === EnvelopeKind.object;
    if (isObject !== (this.target === undefined)) {
      const [sent, wanted] = isObject ? ['sendObject', 'recv'] : ['send', 'recvObject'];
      this.fail(
        new MpiError('TYPE', `a message of ${sent} (from rank ${source}, tag ${tag}) was matched by a ${wanted}`),
      );
      return false;
    }
    const { room } = this;
    if (size <= room) return true;
    const message = `a message of ${size} bytes (from rank ${source}, tag ${tag}) came into a buffer of ${room} bytes`;
    this.fail(new MpiError('TRUNCATE', message));
    this.status!.source = source;
    this.status!.tag = tag;
    this.status!.bytes = room;
    return false;
  }

  fill(payload: Payload): void {
    const { target } = this;
    if (target instanceof Place) target.fill(payload);
    else copyPayload(target!, payload);
  }

  override cancel(): void {
    if (!this.isPosted || this.isDone) return;
    this.engine.withdrawPosted(this);
    const status = Status.empty();
    status.isCancelled = true;
    this.finish(status);
  }

  describe(): string {
    const from = this.source === -1 ? 'any rank' : `rank ${this.source}`;
    const tag = this.tag === -1 ? 'any tag' : `tag ${this.tag}`;
    return `a message from ${from}, ${tag}, ${this.engine.describeContext(this.ctx)}`;
  }
}

export class PersistentReceive extends Receive {
  override isActive = false;

  override get isPersistent(): boolean {
    return true;
  }

  override start(): void {
    if (this.isActive)
      throw this.host.raise(this.on, new MpiError('REQUEST', 'a persistent receive that is active is started'));
    this.isActive = true;
    this.isDone = false;
    this.failure = undefined;
    this.received = 0;
    this.engine.begin(this);
  }
}
