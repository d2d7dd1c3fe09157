/**
 * Edges of multicasts: from the element that sends to a section to each of its members.
 *
 *  1. A multicast counts like one message for the sampling of edges. Of one that is to be noted, the PE of the sender tells
 *     the root of the section, who sent, and for how many multicasts it stands.
 *  2. The root knows the members. It notes an edge to each, which is in its report, wherever the sender is.
 *
 * Nothing is noted before there is a strategy, or has been a step: then a multicast costs counting down a number.
 */
import type { Key } from '../chare/index-space.ts';
import type { Pe } from '../pe/pe.ts';
import { approximateBytes } from '../pup/approximate-bytes.ts';
import { addTraffic } from './edge-recorder.ts';
import type { LoadDatabase } from './load-database.ts';

/** Multicasts of one element, by estimate; `bytes` are those that each member gets. */
export interface MulticastNote {
  readonly section: number;
  readonly set: number;
  readonly key: Key;
  readonly messages: number;
  readonly bytes: number;
}

export class MulticastEdges {
  isOn: boolean;
  readonly #pe: Pe;
  readonly #database: LoadDatabase;
  readonly #tellRoot: (root: number, note: MulticastNote) => void;

  constructor(pe: Pe, database: LoadDatabase, isOn: boolean, tellRoot: (root: number, note: MulticastNote) => void) {
    this.#pe = pe;
    this.#database = database;
    this.isOn = isOn;
    this.#tellRoot = tellRoot;
  }

  /** The countdown has come to a multicast that is about to be sent. */
  note(section: number, args: readonly unknown[]): void {
    const { current, edges, collections, id } = this.#pe;
    const messages = edges.skip();
    if (!this.isOn || current === undefined || !current.collection.shape.isArray) return;
    const { collection, key } = current;
    edges.count(1);
    const note = { section, set: collection.boundSet.id, key, messages, bytes: messages * approximateBytes(args) };
    const root = collections.sections.rootOf(section);
    if (root === id) this.add(note);
    else this.#tellRoot(root, note);
  }

  /** On the root's PE. */
  add({ section, set, key, messages, bytes }: MulticastNote): void {
    const pe = this.#pe;
    pe.needsTurn = true;
    void pe.collections.sections.membersOf(section).then((roster) => {
      const sent = this.#database.sentBy(set, key);
      for (const [collection, keys] of roster) {
        if (!collection.shape.isArray) continue;
        pe.edges.count(keys.length);
        for (const to of keys)
          if (to !== key || collection.boundSet.id !== set) addTraffic(sent, collection, to, messages, bytes);
      }
    });
  }
}
