/** The checks of messages find each change of an argument after it was sent, name it, and let pass what is right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm, CharmError, type ElementProxy, type Entries, Reducer } from 'charm4ts';
import { runInThread } from 'charm4ts/sim';
import fc from 'fast-check';
import { check } from '../support/property.ts';
import { sendableValues as values } from '../support/values.ts';

export class Point {
  x = 1;
}

export class Sink extends Chare {
  static readonly entries: Entries<Sink> = { gated: { when: (self) => self.isOpen }, now: { inline: true } };
  private isOpen = false;
  seen: unknown;

  take(...args: unknown[]): void {
    this.seen = args[0];
  }

  gated(...args: unknown[]): void {
    this.seen = args[0];
  }

  now(...args: unknown[]): void {
    this.seen = args[0];
  }

  open(): void {
    this.isOpen = true;
  }

  /** Elements share what a broadcast brings; this one does not respect that. */
  spoil(list: number[]): void {
    list.push(1);
  }
}

export class Source extends Chare {
  /** Sends an argument, and changes it in the same entry method. */
  send(sink: ElementProxy<Sink>, name: string, method: 'take' | 'gated'): void {
    const { value, change } = changes[name]!();
    sink[method](0, value);
    change();
    if (method === 'gated') sink.open();
  }
}

interface Change {
  readonly value: unknown;
  readonly change: () => void;
}

const changes: Record<string, () => Change> = {
  field: () => {
    const value = { list: [1, { x: 4 }] as [number, { x: number }] };
    return { value, change: () => (value.list[1].x = 5) };
  },
  newField: () => {
    const value: Record<string, number> = {};
    return { value, change: () => (value['y'] = 1) };
  },
  element: () => {
    const value = [1, 2, 3];
    return { value, change: () => value.pop() };
  },
  doubles: () => {
    const value = new Float64Array(9);
    return { value, change: () => (value[7] = 3) };
  },
  map: () => {
    const value = new Map([[1, { a: 1 }]]);
    return { value, change: () => (value.get(1)!.a = 2) };
  },
  set: () => {
    const value = new Set([1]);
    return { value, change: () => value.add(2) };
  },
  date: () => {
    const value = new Date(5);
    return { value, change: () => value.setTime(6) };
  },
  instance: () => {
    const value = new Point();
    return { value, change: () => (value.x = 2) };
  },
};

function sending(name: string, method: 'take' | 'gated' = 'take'): Record<string, unknown> {
  const main = async (charm: Charm): Promise<void> => {
    const sink = await charm.chare(Sink, { onPe: 0 });
    const source = await charm.chare(Source, { onPe: 0 });
    source.send(sink, name, method);
    await charm.quiescence();
    charm.exit();
  };
  return { Sink, Source, Point, main };
}

const found: readonly (readonly [string, RegExp])[] = [
  ['field', /\.list\[1\]\.x was 4 and is 5/],
  ['newField', /\.y is new/],
  ['element', /\[2\] is gone/],
  ['doubles', /\[7\] is different/],
  ['map', /it entry 1\.a was 1 and is 2/],
  ['set', /it has other entries/],
  ['date', /it was 5 and is 6/],
  ['instance', /\.x was 1 and is 2/],
];

describe('checking messages', () => {
  for (const [name, where] of found) {
    for (const method of ['take', 'gated'] as const) {
      it(`finds a change of an argument, and says by whom and where [${name}, ${method}]`, async () => {
        const { error } = await runInThread({ program: sending(name, method), pes: 1, checkMessages: 'changes' });
        assert(error instanceof CharmError);
        assert.equal(error.code, 'ERR_MESSAGE_CHANGED');
        assert.match(error.message, where);
        assert.match(
          error.message,
          /argument 2 was changed after it was sent by Source.*\.send on PE 0 to Sink\.(take|gated)/,
        );
        assert.equal(error.place?.entry, method);
      });
    }
    it(`does nothing if it is off [${name}]`, async () => {
      assert.equal((await runInThread({ program: sending(name), pes: 1 })).error, undefined);
    });
  }

  for (const name of ['field', 'newField', 'element', 'instance']) {
    it(`with freeze the change itself fails [${name}]`, async () => {
      const { error } = await runInThread({ program: sending(name), pes: 1, checkMessages: 'freeze' });
      assert(error instanceof CharmError);
      assert.equal(error.code, 'ERR_ENTRY_FAILED');
      assert.equal(error.place?.entry, 'send');
      assert(error.cause instanceof TypeError);
    });
  }

  it('finds an element that changes what a broadcast brings for all', async () => {
    const main = async (charm: Charm): Promise<void> => {
      const sinks = await charm.array(Sink, { size: 2 });
      sinks.all.spoil([]);
      await charm.quiescence();
      charm.exit();
    };
    const { error } = await runInThread({ program: { Sink, main }, pes: 1, checkMessages: 'changes' });
    assert.match(String(error), /\[0\] is new/);
  });

  it('lets pass whatever is sent and not changed, on any number of PEs', () =>
    check(
      fc.record({ value: values, pes: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom('changes', 'freeze') }),
      async ({ value, pes, kind }) => {
        const main = async (charm: Charm): Promise<void> => {
          const sinks = await charm.array(Sink, { size: 3 });
          for (const method of ['take', 'gated', 'now'] as const) {
            sinks.at(0)[method](value);
            sinks.all[method](value);
          }
          sinks.all.open();
          await charm.quiescence();
          charm.exit();
        };
        const checkMessages = kind as 'changes' | 'freeze';
        const { error } = await runInThread({ program: { Sink, Point, main }, pes, seed: 1, checkMessages });
        if (error !== undefined) throw error;
      },
      { runs: 60 },
    ));

  it('disturbs nothing else: reductions, answers, moves', async () => {
    class Cell extends Chare<number> {
      async work(rounds: number): Promise<void> {
        for (let i = 0; i < rounds; i++) {
          const sum = await this.allreduce([this.index, i], Reducer.gather<number[]>());
          assert.equal(sum.length, this.array.size);
          assert.deepEqual(await this.array.at((this.index + 1) % this.array.size).ask.echo({ i }), { i });
        }
        this.migrateTo((this.charm.pe + 1) % this.charm.pes);
      }

      echo(value: { readonly i: number }): { readonly i: number } {
        return value;
      }
    }
    const main = async (charm: Charm): Promise<void> => {
      const cells = await charm.array(Cell, { size: 6 });
      cells.all.work(4);
      await charm.quiescence();
      charm.exit();
    };
    for (const checkMessages of ['changes', 'freeze'] as const) {
      for (const pes of [1, 3]) {
        const { error } = await runInThread({ program: { Cell, main }, pes, shuffle: true, seed: 5, checkMessages });
        assert.equal(error, undefined);
      }
    }
  });
});
