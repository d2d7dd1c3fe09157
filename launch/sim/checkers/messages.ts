/** I1, I2, I4 and I6: messages. Names of messages: pe/trace-sink.ts. */
import type { Collection } from '../../../core/chare/collection.ts';
import type { ElementRecord } from '../../../core/chare/element.ts';
import type { Key } from '../../../core/chare/index-space.ts';
import type { TraceSink } from '../../../core/pe/trace-sink.ts';
import { Checker } from './checker.ts';

/** An element of any life, the same on every PE. */
export function nameOf({ collection, key }: ElementRecord): string {
  return placeOf(collection, key);
}

export function placeOf(collection: Collection, key: Key): string {
  return `${collection.id}/${typeof key === 'string' ? `"${key}"` : key}`;
}

export class DeliveryChecker extends Checker {
  readonly name = 'I1';
  readonly promise = 'every message that begins was sent, and begins once; a broadcast once on each element';
  /** Messages to one element: whether they have begun. */
  readonly #single = new Map<string, boolean>();
  /** Broadcasts and multicasts: the elements that they have begun on. */
  readonly #many = new Map<string, Set<string>>();

  override sinkOf(pe: number): Partial<TraceSink> {
    const spread = (event: number): void => {
      this.#many.set(`${pe}:${event}`, new Set());
    };
    return {
      sent: (event) => {
        const id = `${pe}:${event}`;
        if (this.#single.has(id)) this.violated(`message ${id} was sent twice`);
        this.#single.set(id, false);
      },
      broadcast: spread,
      multicast: spread,
      begin: (element, entry, source, event) => {
        if (event === 0) return;
        const id = `${source}:${event}`;
        const elements = this.#many.get(id);
        const what = `${entry.name} of ${element.label} (message ${id})`;
        if (elements !== undefined) {
          const name = nameOf(element);
          if (elements.has(name)) this.violated(`broadcast ${what} has begun there before`);
          elements.add(name);
        } else if (!this.#single.has(id)) this.violated(`${what} was never sent`);
        else if (this.#single.get(id) === true) this.violated(`${what} has begun before`);
        else this.#single.set(id, true);
      },
    };
  }
}

export class ChannelChecker extends Checker {
  readonly name = 'I2';
  readonly promise = 'a channel gives its messages in the order sent, none left out';
  /** By element and channel: the number that comes next. */
  readonly #next = new Map<string, Map<string, number>>();

  override sinkOf(): Partial<TraceSink> {
    const forget = (element: ElementRecord): void => {
      this.#next.delete(nameOf(element));
    };
    return {
      created: forget,
      died: forget,
      channelTaken: (element, channel, number) => {
        const name = nameOf(element);
        const channels = this.#next.get(name) ?? new Map<string, number>();
        this.#next.set(name, channels);
        const next = channels.get(channel) ?? 0;
        if (number !== next) this.violated(`${element.label} takes message ${number} after ${next - 1}`);
        channels.set(channel, number + 1);
      },
    };
  }
}

export class ForwardingChecker extends Checker {
  readonly name = 'I4';
  readonly promise = 'a message is passed on at most twice more than its element has moved';
  /** The epoch of each place: one more with each move, death and birth there. Bound arrays have places in common. */
  readonly #epochs = new Map<string, number>();
  readonly #hops = new Map<string, number>();

  override sinkOf(): Partial<TraceSink> {
    const note = ({ collection, key }: ElementRecord, epoch: number): void => {
      const place = sharedPlaceOf(collection, key);
      this.#epochs.set(place, Math.max(this.#epochs.get(place) ?? 0, epoch));
    };
    return {
      left: (element) => note(element, element.epoch + 1),
      died: (element) => note(element, element.epoch + 1),
      created: (element) => note(element, element.epoch),
      passedOn: (collection, key, source, event) => {
        const id = `${source}:${event}`;
        if (event === 0) return;
        const hops = (this.#hops.get(id) ?? 0) + 1;
        this.#hops.set(id, hops);
        const epoch = this.#epochs.get(sharedPlaceOf(collection, key)) ?? 0;
        if (hops > epoch + 2)
          this.violated(
            `message ${id} to ${collection.labelOf(key)}, which has moved ${epoch} times, is passed on ${hops} times`,
          );
      },
    };
  }
}

function sharedPlaceOf({ boundSet }: Collection, key: Key): string {
  return placeOf(boundSet.first, key);
}

export class QuiescenceChecker extends Checker {
  readonly name = 'I6';
  readonly promise = 'quiescence is never reported while a message is under way or queued';
  /** Messages that were sent and have not begun, with what they are. */
  readonly #open = new Map<string, string>();

  override sinkOf(pe: number): Partial<TraceSink> {
    return {
      sent: (event, collection, key, entry) => {
        this.#open.set(`${pe}:${event}`, `${entry.name} to ${collection.labelOf(key)}`);
      },
      begin: (_element, _entry, source, event) => {
        this.#open.delete(`${source}:${event}`);
      },
    };
  }

  override quiescent(): void {
    const [first] = this.#open;
    if (first !== undefined)
      this.violated(`${this.#open.size} messages are open, for instance ${first[0]}: ${first[1]}`);
    // Each is found once.
    this.#open.clear();
  }
}
