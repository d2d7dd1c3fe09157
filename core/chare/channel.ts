/** `Channel`: what a chare holds of its end of a channel. The end itself is in the mailbox (channel-end.ts); this names it. */
import { UsageError } from '../base/errors.ts';
import { HandleKind, writeCollection, writeKey } from '../message/handle-kinds.ts';
import { Request, type Source } from '../message/request.ts';
import { Handle, writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';
import { AnySource, ChannelEnd, defaultWindow, type ReceiveForm } from './channel-end.ts';
import type { Collection } from './collection.ts';
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';
import type { Mailbox } from './mailbox.ts';
import { EntryProxy } from './proxy.ts';

/** A proxy of one chare. */
export interface ChannelPeer {
  readonly ask: unknown;
  readonly callback: unknown;
}

export interface ChannelOptions {
  /** Tells channels between the same two chares apart. Default: empty. */
  readonly name?: string;
  /** Messages sent and not yet taken by the peer before `await send` waits. Default: 64. */
  readonly window?: number;
}

const windowMax = 1 << 24;

/** One end of a channel: sends `S`, receives `R`. May be kept in a field of its chare, and migrates with it. */
export class Channel<in S, out R = S> extends Handle implements AsyncIterable<R> {
  readonly #collection: Collection;
  readonly #key: Key;
  readonly #id: string;

  /** @internal */
  constructor(collection: Collection, key: Key, id: string) {
    super();
    this.#collection = collection;
    this.#key = key;
    this.#id = id;
  }

  /** @internal A request for one message, in that form. */
  static request(channel: Channel<never, unknown>, form: ReceiveForm): Promise<unknown> {
    const { mailbox, end } = channel.#here();
    return Request.make(mailbox, [end.source(form, channel.#id)], false);
  }

  /** @internal Sources of one message each, for a request of any of them. */
  static sourcesOf(channels: Iterable<AnyChannel>): Map<AnyChannel, Source> {
    const sources = new Map<AnyChannel, Source>();
    let first: AnyChannel | undefined;
    for (const channel of channels) {
      first ??= channel;
      if (channel.#key !== first.#key || channel.#collection !== first.#collection)
        throw new UsageError('select and iwait take channels of one chare');
      if (sources.has(channel)) continue;
      const { end } = channel.#here();
      sources.set(channel, end.source(['result', channel], channel.#id));
    }
    return sources;
  }

  /** @internal A request for one message of the first of these that has one. */
  static requestAny(sources: ReadonlyMap<AnyChannel, Source>): Promise<unknown> {
    const [first] = sources.keys();
    if (first === undefined) throw new UsageError('select needs at least one channel');
    return Request.make(first.#here().mailbox, [new AnySource(sources.values())], false);
  }

  /**
   * Sends a value, in order, at once. The promise resolves while the peer has taken all but a window of what was sent; await
   * it so as not to flood a slower peer. Cost: 0.2 us more than a message.
   * @throws UsageError after `close`, and away from the chare whose end this is.
   */
  send(value: S): Promise<void> {
    return this.#here().end.send(value);
  }

  /** Takes the next value. Rejects with ERR_CHANNEL_CLOSED if the peer has closed its end and all has been taken. */
  recv(): Promise<R> {
    return Channel.request(this, ['value']) as Promise<R>;
  }

  /** Says that this end sends no more: the peer's `for await` ends. This end can still receive. */
  close(): void {
    this.#here().end.close();
  }

  /** Values that have come and not been taken. */
  get waiting(): number {
    return this.#here().end.waiting;
  }

  /** Takes values until the peer closes its end. */
  [Symbol.asyncIterator](): AsyncIterator<R> {
    return { next: () => Channel.request(this, ['result']) as Promise<IteratorResult<R>> };
  }

  [writeHandle](writer: Writer): void {
    writer.u8(HandleKind.channel);
    writeCollection(writer, this.#collection);
    writeKey(writer, this.#key);
    writer.text(this.#id);
  }

  #here(): { readonly mailbox: Mailbox; readonly end: ChannelEnd } {
    const mailbox = this.#collection.locals.get(this.#key)?.mailbox;
    const end = mailbox?.channels.get(this.#id);
    if (mailbox !== undefined && end !== undefined) return { mailbox, end };
    const label = this.#collection.labelOf(this.#key);
    throw new UsageError(`this end of a channel belongs to ${label}, which is not on PE ${this.#collection.pe.id}`);
  }
}

export function openChannel<S, R>(
  element: ElementRecord,
  peer: ChannelPeer,
  { name = '', window = defaultWindow }: ChannelOptions,
): Channel<S, R> {
  if (!Number.isInteger(window) || window < 1 || window > windowMax)
    throw new UsageError(`the window of a channel is 1 to ${windowMax} messages, not ${window}`);
  const target = peer instanceof EntryProxy ? EntryProxy.targetOf(peer) : undefined;
  const { collection, key } = target ?? {};
  if (collection === undefined || key === undefined)
    throw new UsageError('a channel needs the proxy of one chare: this.channel(this.array.at(3))');
  return new Channel(element.collection, element.key, ChannelEnd.open(element, { collection, key }, name, window));
}

type AnyChannel = Channel<never, unknown>;
type Received<C> = C extends Channel<never, infer R> ? R : never;

/** What `select` and `iwait` give: a value of one of the channels or, if `done`, the word that it is closed. */
export type Selected<C extends AnyChannel> =
  | { readonly channel: C; readonly done: false; readonly value: Received<C> }
  | { readonly channel: C; readonly done: true; readonly value: undefined };

/**
 * One value of whichever of these channels of a chare has one first; of several that have one, of the first in the list.
 * Nothing is taken from the others.
 */
export function select<C extends AnyChannel>(channels: Iterable<C>): Promise<Selected<C>> {
  return Channel.requestAny(Channel.sourcesOf(channels)) as Promise<Selected<C>>;
}

/**
 * One value of each of these channels of a chare, in the order in which they come. Nothing is taken before the loop asks for it.
 * Cost: one request for each value, and a look at the channels that are left whenever a message comes.
 */
export async function* iwait<C extends AnyChannel>(channels: Iterable<C>): AsyncGenerator<Selected<C>, void> {
  const left = Channel.sourcesOf(channels);
  while (left.size > 0) {
    const next = (await Channel.requestAny(left)) as Selected<C>;
    left.delete(next.channel);
    yield next;
  }
}
