/** Gives every element of a run one number, on whichever PEs it appears: its row in the trace's element table. */
import { type Columns, newColumns, rowsOf, slice } from './columns.ts';
import { none, schemas } from './schema.ts';
import type { Elements, ElementTable, PeTrace } from './trace.ts';

type Rows = Columns<typeof schemas.elements>;

/** A PE and the elements that it knows, by its own numbers. */
export interface PeElements {
  readonly trace: PeTrace;
  readonly elements: Elements;
  readonly texts: readonly string[];
}

/** One table for all PEs, numbered in the order of PEs. Changes the element numbers in the traces of the PEs. */
export function joinElements(pes: readonly PeElements[]): ElementTable {
  const all = new ElementInterner();
  for (const { trace, elements, texts } of pes) {
    const numbers = all.internAll(elements, texts);
    for (const column of [trace.executions.element, trace.sends.element, trace.spans.element])
      for (let row = 0; row < column.length; row++) if (column[row] !== none) column[row] = numbers[column[row]!]!;
  }
  return all.table();
}
const coordinatesMax = 6;
const noCoordinates = new Int32Array(coordinatesMax);

/** An open-addressing hash table over the columns themselves: 10^6 elements cost no objects. */
export class ElementInterner {
  #rows: Rows = newColumns(schemas.elements, 64);
  #count = 0;
  /** Row + 1, or 0. */
  #slots = new Int32Array(256);
  readonly #texts: string[] = [];
  readonly #textRows = new Map<string, number>();

  /** The element with these coordinates; the rest of `coordinates` beyond `dimensions` must be 0. */
  intern(collection: number, dimensions: number, coordinates: Int32Array, text: number = none): number {
    const [x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0] = [
      coordinates[0],
      coordinates[1],
      coordinates[2],
      coordinates[3],
      coordinates[4],
      coordinates[5],
    ];
    const rows = this.#rows;
    const mask = this.#slots.length - 1;
    let hash = mix(mix(mix(mix(collection, x0), x1), x2), text);
    hash = mix(mix(mix(hash, x3), x4), x5);
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]! - 1;
      if (row < 0) {
        this.#slots[slot] = this.#count + 1;
        return this.#add(collection, dimensions, coordinates, text);
      }
      if (
        rows.collection[row] === collection &&
        rows.x0[row] === x0 &&
        rows.x1[row] === x1 &&
        rows.x2[row] === x2 &&
        rows.x3[row] === x3 &&
        rows.x4[row] === x4 &&
        rows.x5[row] === x5 &&
        rows.text[row] === text &&
        rows.dimensions[row] === dimensions
      )
        return row;
    }
  }

  /** The element of a collection that has none or only one, or whose index is not made of integers. */
  internText(collection: number, text: string): number {
    let row = this.#textRows.get(text);
    if (row === undefined) {
      row = this.#texts.push(text) - 1;
      this.#textRows.set(text, row);
    }
    return this.intern(collection, 0, noCoordinates, row);
  }

  internSingle(collection: number): number {
    return this.intern(collection, 0, noCoordinates);
  }

  /** The number of each row of a table that was made elsewhere. Values that are too large are cut. */
  internAll(others: Rows, texts: readonly string[]): Int32Array {
    const numbers = new Int32Array(rowsOf(others));
    const coordinates = new Int32Array(coordinatesMax);
    for (let i = 0; i < numbers.length; i++) {
      const collection = others.collection[i]!;
      const text = others.text[i]!;
      if (text >= 0) {
        numbers[i] = this.internText(collection, texts[text] ?? '(unreadable)');
        continue;
      }
      const dimensions = Math.min(others.dimensions[i]!, coordinatesMax);
      coordinates.fill(0);
      for (let d = 0; d < dimensions; d++) coordinates[d] = coordinateOf(others, i, d);
      numbers[i] = this.intern(collection, dimensions, coordinates);
    }
    return numbers;
  }

  table(): ElementTable {
    return { ...slice(this.#rows, 0, this.#count), texts: this.#texts };
  }

  #add(collection: number, dimensions: number, coordinates: Int32Array, text: number): number {
    if (this.#count === rowsOf(this.#rows)) this.#grow();
    const row = this.#count++;
    const rows = this.#rows;
    rows.collection[row] = collection;
    rows.dimensions[row] = dimensions;
    rows.x0[row] = coordinates[0]!;
    rows.x1[row] = coordinates[1]!;
    rows.x2[row] = coordinates[2]!;
    rows.x3[row] = coordinates[3]!;
    rows.x4[row] = coordinates[4]!;
    rows.x5[row] = coordinates[5]!;
    rows.text[row] = text;
    return row;
  }

  #grow(): void {
    const larger = newColumns(schemas.elements, 2 * this.#count);
    for (const name of Object.keys(larger) as (keyof Rows)[]) larger[name].set(this.#rows[name]);
    this.#rows = larger;
    const numbers = this.#slots.filter((slot) => slot > 0);
    this.#slots = new Int32Array(8 * this.#count);
    const mask = this.#slots.length - 1;
    for (const number of numbers) {
      let slot = this.#hashOf(number - 1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number;
    }
  }

  #hashOf(row: number): number {
    const { collection, x0, x1, x2, x3, x4, x5, text } = this.#rows;
    let hash = mix(mix(mix(mix(collection[row]!, x0[row]!), x1[row]!), x2[row]!), text[row]!);
    hash = mix(mix(mix(hash, x3[row]!), x4[row]!), x5[row]!);
    return hash ^ (hash >>> 15);
  }
}

function coordinateOf(rows: Rows, row: number, dimension: number): number {
  return [rows.x0, rows.x1, rows.x2, rows.x3, rows.x4, rows.x5][dimension]![row]!;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 16);
}
