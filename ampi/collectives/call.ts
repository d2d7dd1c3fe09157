/**
 * `Call`: one collective operation on one rank. Its messages go in the communicator's second context, and have the operation's
 * number as their tag, so they meet neither point-to-point messages nor those of other operations under way.
 */
import type { CommBase } from '../comm/comm-base.ts';
import type { Group } from '../comm/group.ts';
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { bytesOf, type Payload, type Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Engine } from '../messages/engine.ts';
import type { Target } from '../messages/receive.ts';
import type { Request } from '../messages/request.ts';
import type { Status } from '../messages/status.ts';

export const nothing = new Uint8Array(0);

export class Call {
  readonly comm: CommBase;
  readonly rank: number;
  readonly size: number;
  private readonly engine: Engine;
  private readonly ctx: number;
  private readonly tag: number;
  private readonly gids: readonly number[];

  /** With a group its ranks take part, and messages come from their ranks in it. */
  constructor(
    comm: CommBase,
    tag = comm.nextCollective(),
    group: Group = comm.targets,
    rank: number = comm.rank,
    size: number = comm.size,
  ) {
    this.comm = comm;
    this.rank = rank;
    this.size = size;
    this.engine = comm.engine;
    this.ctx = comm.ctx + 1;
    this.tag = tag;
    this.gids = group.gids;
  }

  /** Undefined: the buffer is free at once. */
  isend(payload: Payload, dest: number): Request | undefined {
    return this.engine.send(this.comm, this.ctx, this.rank, this.gids[dest]!, dest, this.tag, payload, false);
  }

  irecv(target: Exclude<Target, undefined>, source: number): Request {
    return this.engine.receive(this.comm, this.ctx, source, this.tag, target);
  }

  async send(payload: Payload, dest: number): Promise<void> {
    await this.isend(payload, dest)?.wait();
  }

  recv(target: Exclude<Target, undefined>, source: number): Promise<Status> {
    return this.irecv(target, source).wait();
  }

  async exchange(payload: Payload, dest: number, target: Exclude<Target, undefined>, source: number): Promise<Status> {
    const receive = this.irecv(target, source);
    const send = this.isend(payload, dest);
    const status = await receive.wait();
    if (send !== undefined) await send.wait();
    return status;
  }

  sendValue(value: unknown, dest: number): void {
    this.engine.sendValue(this.ctx, this.rank, this.gids[dest]!, this.tag, value);
  }

  async recvValue(source: number): Promise<unknown> {
    const receive = this.engine.receive(this.comm, this.ctx, source, this.tag, undefined);
    await receive.wait();
    return receive.value;
  }
}

/** Contiguous memory for the data of a place: the place's own if it is contiguous, else memory that is to be put back. */
export class Staged {
  readonly payload: Payload;
  private readonly place: Place;
  private readonly isOwn: boolean;

  /** With `isFilled` it begins with the data of the place. */
  constructor(place: Place, isFilled: boolean) {
    this.place = place;
    this.isOwn = place.type.isContiguous;
    this.payload = this.isOwn || isFilled ? place.payload() : new Uint8Array(place.bytes);
  }

  putBack(): void {
    if (!this.isOwn) this.place.fill(this.payload);
  }
}

/** The data of a place as numbers of their own, to compute with. @throws MpiError for types of several kinds */
export function numbersOf(place: Place): NumberArray {
  const payload = place.payload();
  const make = place.type.make;
  if (make === undefined)
    throw new MpiError('TYPE', `${place.type.name} has items of several kinds; reductions need one kind`);
  if (payload.constructor === make) return payload.slice();
  const bytes = bytesOf(payload).slice();
  return new make(bytes.buffer);
}

export function sameKind(numbers: NumberArray): NumberArray {
  return new (numbers.constructor as new (length: number) => NumberArray)(numbers.length);
}

export function putNumbers(place: Place, numbers: NumberArray): void {
  place.fill(numbers);
}

/** An item type for user functions; undefined for plain numbers of the array's own kind. */
export function itemType(place: Place): Datatype {
  return place.type;
}
