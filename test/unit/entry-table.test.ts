import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare } from 'charm4ts';
import { type CharmError, UsageError } from '../../core/base/errors.ts';
import { EntryTable } from '../../core/message/entry-table.ts';

function tableOf(chareClass: { readonly name: string; readonly prototype: object }): EntryTable {
  return new EntryTable(chareClass.name, chareClass.prototype, Chare.prototype);
}

function namesOf(chareClass: { readonly name: string; readonly prototype: object }): string[] {
  return tableOf(chareClass).entries.map(({ name }) => name);
}

const symbolName = Symbol('method');

class Many extends Chare {
  static statically(): void {}
  readonly arrow = (): void => {};
  #count = 0;
  zebra(): void {}
  async apple(): Promise<void> {}
  *generator(): Generator<number> {}
  _hidden(): void {}
  __more(): void {}
  #secret(): void {
    this.#count++;
  }
  reveal(): void {
    this.#secret();
  }
  get accessor(): number {
    return this.#count;
  }
  set accessor(value: number) {
    this.#count = value;
  }
  toJSON(): string {
    return '';
  }
  [symbolName](): void {}
  数(): void {}
  $dollar(): void {}
}

describe('entry tables', () => {
  it('hold the methods of a class, and no accessors, fields, statics, symbols or hidden names', () => {
    assert.deepEqual(namesOf(Many).sort(), ['$dollar', 'apple', 'generator', 'reveal', 'zebra', '数'].sort());
  });

  it('leave out `then`, so that a proxy is not taken for a promise', () => {
    class Thenable extends Chare {
      // biome-ignore lint/suspicious/noThenProperty: this is what is tested
      then(): void {}
      other(): void {}
    }
    assert.deepEqual(namesOf(Thenable), ['other']);
  });

  it('hold inherited methods, and of overridden ones the override', () => {
    abstract class Base extends Chare {
      shared(): string {
        return 'base';
      }
      own(): string {
        return 'own';
      }
    }
    class Derived extends Base {
      override shared(): string {
        return 'derived';
      }
      added(): void {}
    }
    const table = tableOf(Derived);
    assert.deepEqual(table.entries.map(({ name }) => name).sort(), ['added', 'own', 'shared']);
    assert.equal(table.byName('shared')!.run.call({}), 'derived');
    assert.equal(table.byName('own')!.run.call({}), 'own');
  });

  it('number the entries alike, whatever the order of definition', () => {
    class A extends Chare {
      one(): void {}
      two(): void {}
      three(): void {}
    }
    class B extends Chare {
      three(): void {}
      one(): void {}
      two(): void {}
    }
    assert.deepEqual(namesOf(A), namesOf(B));
    for (const entry of tableOf(A).entries) assert.equal(tableOf(A).byId(entry.id).name, entry.name);
  });

  it('refuse numbers that no entry has', () => {
    for (const id of [-1, 6, 1.5, Number.NaN, 65535])
      assert.throws(
        () => tableOf(Many).byId(id),
        (error: CharmError) => error.code === 'ERR_UNKNOWN_ENTRY',
      );
    assert.equal(tableOf(Many).byName('constructor'), undefined);
    assert.equal(tableOf(Many).byName('__proto__'), undefined);
  });

  it('refuse entries with names that proxies need', () => {
    for (const name of ['ask', 'with', 'callback']) {
      class Taken extends Chare {}
      Object.defineProperty(Taken.prototype, name, { value: () => {}, configurable: true });
      assert.throws(
        () => tableOf(Taken),
        (error: unknown) => error instanceof UsageError && error.message.includes(`Taken.${name}`),
      );
    }
  });

  it('let a class have the methods that every object has, such as toString', () => {
    class Printable extends Chare {
      override toString(): string {
        return 'printable';
      }
      visible(): void {}
    }
    assert(namesOf(Printable).includes('visible'));
  });
});
