/** Entry methods are found by the class of the chare, whatever the class of the proxy; `super` works; generic chares do too. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type ElementProxy } from 'charm4ts';

export abstract class InheritBase<I> extends Chare<I> {
  readonly _log: string[] = [];

  /** Overridden below. */
  name(): string {
    return 'base';
  }

  /** Not overridden; calls the override. */
  describe(prefix: string): string {
    return `${prefix} ${this.name()}`;
  }

  abstract area(): number;

  log(text: string): void {
    this._log.push(text);
  }

  logged(): string[] {
    return this._log;
  }
}

export class InheritSquare extends InheritBase<number> {
  readonly _side: number;

  constructor(side: number) {
    super();
    this._side = side;
  }

  override name(): string {
    return `square of ${super.name()}`;
  }

  area(): number {
    return this._side ** 2;
  }
}

export class InheritCube extends InheritSquare {
  override name(): string {
    return `cube of ${super.name()}`;
  }

  override log(text: string): void {
    super.log(`cube: ${text}`);
  }

  volume(): number {
    return this._side * this.area();
  }
}

export class InheritWord extends InheritBase<string> {
  area(): number {
    return this.index.length;
  }
}

/** Asks through a proxy of the base class. */
export class InheritAsker extends Chare {
  async measure(shape: ElementProxy<InheritBase<unknown>>): Promise<string> {
    shape.log('measured');
    return `${await shape.ask.describe('a')}: ${await shape.ask.area()}`;
  }
}

export async function inherit(charm: Charm): Promise<void> {
  const squares = await charm.array(InheritSquare, { size: 3, args: [3] });
  const cubes = await charm.array(InheritCube, { size: 3, args: [2] });
  const words = await charm.array(InheritWord, { indices: ['hello'] });
  const asker = await charm.chare(InheritAsker, { onPe: charm.pes - 1 });
  const shape = (proxy: unknown): ElementProxy<InheritBase<unknown>> => proxy as ElementProxy<InheritBase<unknown>>;
  assert.equal(await asker.ask.measure(shape(squares.at(2))), 'a square of base: 9');
  assert.equal(await asker.ask.measure(shape(cubes.at(0))), 'a cube of square of base: 4');
  assert.equal(await asker.ask.measure(shape(words.at('hello'))), 'a base: 5');
  assert.equal(await cubes.at(1).ask.volume(), 8);
  assert.deepEqual(await squares.at(2).ask.logged(), ['measured']);
  assert.deepEqual(await cubes.at(0).ask.logged(), ['cube: measured']);
}
