/**
 * One end of a channel between two chares. It belongs to its element's mailbox and moves with it.
 *
 *  1. The sender numbers its messages. They travel like any message to the peer, wherever it is.
 *  2. The receiver keeps those that come too early, and hands them out in the order of their numbers.
 *  3. Each half window of messages taken, the receiver tells how many it has taken; a sender whose messages fill the window
 *     waits for that.
 *
 * A channel is known at each end by its peer and its name, so messages may come before an end has been opened.
 *
 * Invariant: the numbers in the inbox are consecutive and end just below `next`.
 */
import Denque from 'denque';
import { CharmError, UsageError } from '../base/errors.ts';
import { systemEntry } from '../message/entry-table.ts';
import { Pending } from '../message/future.ts';
import { readKey, writeCollection, writeKey } from '../message/handle-kinds.ts';
import type { Source } from '../message/request.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';
import { ChareBase } from './chare.ts';
import type { Collection } from './collection.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import { Mailbox } from './mailbox.ts';
import { Shape } from './shape.ts';

/** A chare at the other end. */
export interface Peer {
  readonly collection: Collection;
  readonly key: Key;
}

interface Item {
  readonly number: number;
  readonly kind: number;
  readonly value: unknown;
}

/** A message, or the end of the channel. */
export type Result = IteratorResult<unknown, undefined>;

/** A message's value, or a result that may also be the end of the channel, for `select` with the channel. */
export type ReceiveForm = readonly [kind: 'value' | 'result', channel?: object];

function formed(result: Result, channel: object | undefined): unknown {
  return channel === undefined ? result : { channel, ...result };
}

/** Values are the wire. `credit`: taking this one is told to the sender. */
const ItemKind = { plain: 0, credit: 1, end: 2 } as const;
const sent: Promise<void> = Promise.resolve();
export const defaultWindow = 64;

export class ChannelEnd {
  readonly #mailbox: Mailbox;
  readonly #name: string;
  /** Undefined until this chare has opened its end. */
  #peer: Peer | undefined = undefined;
  #window = defaultWindow;
  #sent = 0;
  /** Of the messages sent, how many the peer is known to have taken. */
  #taken = 0;
  #isClosed = false;
  #blocked: Pending[] = [];
  /** Number of the message that comes into the inbox next. */
  #next = 0;
  readonly #inbox = new Denque<Item>();
  readonly #early = new Map<number, Item>();

  constructor(mailbox: Mailbox, name: string) {
    this.#mailbox = mailbox;
    this.#name = name;
  }

  /** The end at `element` of its channel to `peer`. */
  static open(element: ElementRecord, peer: Peer, name: string, window: number): string {
    const mailbox = Mailbox.of(element);
    const id = idOf(peer, name);
    const end = ChannelEnd.#meet(mailbox, id);
    end.#peer = peer;
    end.#window = window;
    return id;
  }

  static #meet(mailbox: Mailbox, id: string): ChannelEnd {
    let end = mailbox.channels.get(id);
    if (end === undefined) {
      end = new ChannelEnd(mailbox, id.slice(id.indexOf('\n') + 1));
      mailbox.channels.set(id, end);
    }
    return end;
  }

  /** Messages that can be taken now. */
  get waiting(): number {
    return this.#inbox.length;
  }

  send(value: unknown): Promise<void> {
    this.#checkOpen();
    const half = Math.max(1, this.#window >> 1);
    this.#tell((this.#sent + 1) % half === 0 ? ItemKind.credit : ItemKind.plain, value);
    if (this.#sent - this.#taken <= this.#window) return sent;
    const room = new Pending(this.#mailbox.pe, () => `room in ${this.describe()}`);
    this.#blocked.push(room);
    return room.wait() as Promise<void>;
  }

  close(): void {
    this.#checkOpen();
    this.#isClosed = true;
    this.#tell(ItemKind.end, undefined);
  }

  /** A source of one message, in the form that is wanted; `id`: the channel's name at its chare. */
  source(form: ReceiveForm, id: string): Source {
    const [kind, channel] = form;
    return {
      find: (claimed) => this.#find(claimed),
      take: (item) => this.#take(item as Item, kind === 'value' ? undefined : (result) => formed(result, channel)),
      wire: ['channel', id, form],
      describe: () => `a message in ${this.describe()}`,
    };
  }

  describe(): string {
    const name = this.#name === '' ? 'the channel' : `the channel ${JSON.stringify(this.#name)}`;
    const { label } = this.#mailbox.element;
    const peer = this.#peer;
    return `${name} of ${label} and ${peer === undefined ? 'an unknown peer' : peer.collection.labelOf(peer.key)}`;
  }

  receive(item: Item): void {
    if (item.number !== this.#next) {
      this.#early.set(item.number, item);
      return;
    }
    for (let next: Item | undefined = item; next !== undefined; next = this.#early.get(this.#next)) {
      this.#early.delete(next.number);
      this.#inbox.push(next);
      this.#next++;
    }
  }

  /** The peer has taken so many. */
  credit(taken: number): void {
    // An older word may come later.
    this.#taken = Math.max(this.#taken, taken);
    // The n-th from the end waits until all but the window of those before it have been taken.
    const stillBlocked = Math.max(0, this.#sent - this.#taken - this.#window);
    for (const room of this.#blocked.splice(0, this.#blocked.length - stillBlocked)) room.resolve(undefined);
  }

  /** The element has left: who still waits for room does not do so in an entry method, and nobody would wake it. */
  left(): void {
    for (const room of this.#blocked.splice(0)) room.resolve(undefined);
  }

  write(writer: Writer): void {
    const peer = this.#peer;
    writer.u8(peer === undefined ? 0 : 1);
    if (peer !== undefined) {
      writeCollection(writer, peer.collection);
      writeKey(writer, peer.key);
    }
    writer.u32(this.#window);
    writer.f64(this.#sent);
    writer.f64(this.#taken);
    writer.u8(this.#isClosed ? 1 : 0);
    writer.f64(this.#next);
    for (const items of [this.#inbox.toArray(), [...this.#early.values()]]) {
      writer.u32(items.length);
      for (const { number, kind, value } of items) {
        writer.f64(number);
        writer.u8(kind);
        encodeValue(writer, value, `a message in ${this.describe()}`);
      }
    }
  }

  static read(reader: Reader, mailbox: Mailbox, id: string): void {
    const end = ChannelEnd.#meet(mailbox, id);
    const { pe } = mailbox;
    if (reader.u8() === 1) {
      const collection = pe.collections.meet(reader.u32(), reader.u32(), Shape.read(reader));
      end.#peer = { collection, key: readKey(reader)! };
    }
    end.#window = reader.u32();
    end.#sent = reader.f64();
    end.#taken = reader.f64();
    end.#isClosed = reader.u8() === 1;
    end.#next = reader.f64();
    const readItem = (): Item => ({ number: reader.f64(), kind: reader.u8(), value: decodeValue(reader, pe.context) });
    for (let left = reader.count(); left > 0; left--) end.#inbox.push(readItem());
    for (let left = reader.count(); left > 0; left--) {
      const item = readItem();
      end.#early.set(item.number, item);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed)
      throw new UsageError(`${this.describe()} has been closed at this end; it takes no more messages`);
  }

  #tell(kind: number, value: unknown): void {
    const { collection, key } = this.#mailbox.element;
    const peer = this.#peer!;
    const id = idOf({ collection, key }, this.#name);
    peer.collection.tell(peer.key, data, [id, this.#sent, kind, value], undefined);
    // Not before: a value that can't be sent must leave no gap.
    this.#sent++;
  }

  #find(claimed: ReadonlySet<object>): Item | undefined {
    for (let i = 0; i < this.#inbox.length; i++) {
      const item = this.#inbox.peekAt(i)!;
      if (item.kind === ItemKind.end || !claimed.has(item)) return item;
    }
    return undefined;
  }

  /** The end stays in the inbox. Among the sources of a request the oldest message is taken first. */
  #take(item: Item, form: ((result: Result) => unknown) | undefined): unknown {
    if (item.kind === ItemKind.end) {
      if (form !== undefined) return form({ done: true, value: undefined });
      throw new CharmError(
        'ERR_CHANNEL_CLOSED',
        `${this.describe()} has been closed, and everything sent has been taken`,
      );
    }
    this.#inbox.shift();
    const { pe, element } = this.#mailbox;
    if (pe.trace?.channelTaken !== undefined)
      pe.trace.channelTaken(element, idOf(this.#peer!, this.#name), item.number);
    if (item.kind === ItemKind.credit) this.#giveCredit(item.number + 1);
    return form === undefined ? item.value : form({ done: false, value: item.value });
  }

  #giveCredit(taken: number): void {
    const { collection, key } = this.#mailbox.element;
    const peer = this.#peer!;
    peer.collection.tell(peer.key, credit, [idOf({ collection, key }, this.#name), taken], undefined);
  }

  /** The end at a chare that a message of the runtime has come for. */
  static of(chare: object, id: string): ChannelEnd {
    return ChannelEnd.#meet(Mailbox.of(ChareBase.recordOf(chare as ChareBase)), id);
  }
}

/** The first of several sources that has a message. */
export class AnySource implements Source {
  readonly #sources: readonly Source[];
  /** Where the last message found lies. */
  #found: Source | undefined = undefined;

  constructor(sources: Iterable<Source>) {
    this.#sources = [...sources];
  }

  find(claimed: ReadonlySet<object>): object | undefined {
    for (const source of this.#sources) {
      const message = source.find(claimed);
      if (message === undefined) continue;
      this.#found = source;
      return message;
    }
    return undefined;
  }

  take(message: object): unknown {
    return this.#found!.take(message);
  }

  get wire(): unknown {
    return ['any', this.#sources.map((source) => source.wire)];
  }

  describe(): string {
    return this.#sources.map((source) => source.describe()).join(' or ');
  }
}

/** A channel's name at the end whose peer this is; a key has no line break that is not escaped. */
function idOf({ collection, key }: Peer, name: string): string {
  return `${collection.id}/${typeof key === 'number' ? key : JSON.stringify(key)}\n${name}`;
}

const data = systemEntry(0, 'channel', function (this: object, id, number, kind, value) {
  const item = { number: number as number, kind: kind as number, value };
  ChannelEnd.of(this, id as string).receive(item);
});

const credit = systemEntry(1, 'channel credit', function (this: object, id, taken) {
  ChannelEnd.of(this, id as string).credit(taken as number);
});

/** Entry methods that every chare has. */
export const channelEntries = [data, credit];
