/** Probes that wait: for a look at a message, or for the message itself (`mprobe`), which nobody else gets then. */
import { ANY_SOURCE, ANY_TAG } from '../constants.ts';
import type { Engine } from './engine.ts';
import { type Envelope, EnvelopeKind } from './envelope.ts';
import { Receive, type Target } from './receive.ts';
import type { Request } from './request.ts';
import { Status } from './status.ts';

/** A message that `mprobe` has found, and that only `mrecv` can receive. */
export class Message {
  private readonly engine: Engine;
  private readonly on: object | undefined;
  private envelope: Envelope | undefined;
  readonly status: Status;

  constructor(engine: Engine, on: object | undefined, envelope: Envelope) {
    this.engine = engine;
    this.on = on;
    this.envelope = envelope;
    this.status = statusOf(envelope);
  }

  /** @internal Into memory; a message can be received once. */
  into(target: Target): Request {
    const { envelope } = this;
    if (envelope === undefined) throw new Error('internal: a message is received twice');
    this.envelope = undefined;
    const receive = new Receive(this.engine, this.on, envelope.ctx, envelope.source, envelope.tag, target);
    this.engine.match(envelope, receive);
    return receive;
  }

  get isReceived(): boolean {
    return this.envelope === undefined;
  }

  get isObject(): boolean {
    return this.envelope?.kind === EnvelopeKind.object;
  }
}

export function statusOf({ source, tag, size }: Envelope): Status {
  return new Status(source, tag, size);
}

export class Probe {
  private readonly engine: Engine;
  private readonly ctx: number;
  private readonly source: number;
  private readonly tag: number;
  private readonly takes: boolean;
  private readonly found: (envelope: Envelope) => void;

  constructor(
    engine: Engine,
    wanted: { readonly ctx: number; readonly source: number; readonly tag: number; readonly takes: boolean },
    found: (envelope: Envelope) => void,
  ) {
    this.engine = engine;
    this.ctx = wanted.ctx;
    this.source = wanted.source;
    this.tag = wanted.tag;
    this.takes = wanted.takes;
    this.found = found;
  }

  /** Looks at a message that nobody waits for. True if it has been taken. */
  sees(envelope: Envelope): boolean {
    const fits =
      envelope.ctx === this.ctx &&
      (this.source === ANY_SOURCE || this.source === envelope.source) &&
      (this.tag === ANY_TAG || this.tag === envelope.tag);
    if (!fits) return false;
    this.engine.removeProbe(this);
    this.engine.waking();
    this.found(envelope);
    return this.takes;
  }

  describe(): string {
    const from = this.source === ANY_SOURCE ? 'any rank' : `rank ${this.source}`;
    return `a probe of a message from ${from}, ${this.engine.describeContext(this.ctx)}`;
  }
}
