/** Elements on this PE by key. An array where the keys are dense enough, otherwise a Map (35 ns slower a look-up). */
import type { ElementRecord } from './element.ts';
import type { Key } from './index-space.ts';

export interface ElementTable {
  get(key: Key): ElementRecord | undefined;
  set(key: Key, element: ElementRecord): void;
  delete(key: Key): void;
}

/** Keys 0 to size-1. Costs 8 bytes a key, so it is for arrays of which a PE holds a good part. */
class FlatTable implements ElementTable {
  readonly #slots: (ElementRecord | undefined)[];

  constructor(size: number) {
    this.#slots = new Array<ElementRecord | undefined>(size).fill(undefined);
  }

  get(key: Key): ElementRecord | undefined {
    return this.#slots[key as number];
  }

  set(key: Key, element: ElementRecord): void {
    this.#slots[key as number] = element;
  }

  delete(key: Key): void {
    this.#slots[key as number] = undefined;
  }
}

class HashTable implements ElementTable {
  readonly #slots = new Map<Key, ElementRecord>();

  get(key: Key): ElementRecord | undefined {
    return this.#slots.get(key);
  }

  set(key: Key, element: ElementRecord): void {
    this.#slots.set(key, element);
  }

  delete(key: Key): void {
    this.#slots.delete(key);
  }
}

/** A flat table pays as long as the empty slots of all PEs together stay small beside the elements themselves. */
const slotsPerElementMax = 32;

export function makeElementTable(size: number, pes: number): ElementTable {
  return size <= 1024 || pes <= slotsPerElementMax ? tableOf(size) : new HashTable();
}

function tableOf(size: number): ElementTable {
  return Number.isNaN(size) || size > 2 ** 25 ? new HashTable() : new FlatTable(size);
}
