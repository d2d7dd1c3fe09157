/**
 * Messages that are queued on a PE run by priority: integers, bit vectors and none, first or last come first.
 * Messages are intact whatever their priority is.
 */
import assert from 'node:assert/strict';
import { BitVector, Chare, type Charm, type Future, type SendOptions } from 'charm4ts';
import type { ThemeOptions } from './theme.ts';

interface Sent {
  readonly name: string;
  readonly options: SendOptions;
}

const int = (priority: number): Sent => ({ name: `int ${priority}`, options: { priority } });
const bits = (text: string): Sent => ({ name: `bits ${text}`, options: { priority: BitVector.of(text) } });
const none: Sent = { name: 'none', options: {} };

/** Most urgent first. */
const orders: Readonly<Record<string, readonly Sent[]>> = {
  integers: [-(2 ** 31), -1000, -17, -16, -2, -1].map(int).concat(none, [0, 1, 15, 16, 1000, 2 ** 31 - 1].map(int)),
  bitVectors: ['', '0', '00', '000', '0001', '001', '01', '0101', '011']
    .map(bits)
    .concat(none, ['1', '10', '1001', '11', '11111'].map(bits)),
  longBitVectors: ['', `${'01'.repeat(20)}`, `${'01'.repeat(20)}0`, `${'01'.repeat(20)}1`, `${'01'.repeat(19)}1`].map(
    bits,
  ),
  mixed: [
    { name: 'expedited', options: { expedited: true } },
    bits(''),
    int(-(2 ** 31)),
    int(-5),
    bits('0111111111111111111111111111111'),
    int(-1),
    none,
    bits('1'),
    int(0),
    bits(`1${'0'.repeat(30)}1`),
    int(2),
    bits('101'),
  ],
};

export class PriorityQueueTester extends Chare {
  readonly _ran = new Map<string, string[]>();

  /** Queues all messages, the least urgent first, in one go. */
  queueAll(test: string, list: readonly Sent[], done: Future<string[]>): void {
    this._ran.set(test, []);
    for (const [i, { name, options }] of [...list].reverse().entries()) {
      const payload = Float32Array.from({ length: i }, () => i);
      this.self.with(options).take(test, name, payload, i, list.length, done);
    }
  }

  take(test: string, name: string, payload: Float32Array, i: number, count: number, done: Future<string[]>): void {
    assert.deepEqual(
      payload,
      Float32Array.from({ length: i }, () => i),
    );
    const ran = this._ran.get(test)!;
    ran.push(name);
    if (ran.length === count) done.set(ran);
  }
}

/** Some messages of each priority, by queueing. */
function lanes(queueing: 'fifo' | 'lifo'): { readonly list: Sent[]; readonly expected: string[] } {
  const list: Sent[] = [];
  const expected: string[] = [];
  for (const priority of [-20, -3, undefined, 4, 40]) {
    const names = [1, 2, 3, 4].map((n) => `${priority} ${n}`);
    for (const name of names)
      list.push({ name, options: priority === undefined ? { queueing } : { priority, queueing } });
    expected.push(...(queueing === 'fifo' ? names : [...names].reverse()));
  }
  // queueAll sends from the end.
  return { list: list.reverse(), expected };
}

export async function priority(charm: Charm, { isShuffled }: ThemeOptions): Promise<void> {
  const testers = await charm.group(PriorityQueueTester);
  const test = async (pe: number, name: string, list: readonly Sent[], expected: readonly string[]): Promise<void> => {
    const done = charm.future<string[]>();
    testers.at(pe).queueAll(name, list, done);
    const ran = await done.get();
    if (isShuffled) assert.deepEqual([...ran].sort(), [...expected].sort());
    else assert.deepEqual(ran, expected, name);
  };
  for (let pe = 0; pe < charm.pes; pe++) {
    for (const [name, list] of Object.entries(orders))
      await test(
        pe,
        name,
        list,
        list.map((sent) => sent.name),
      );
    for (const queueing of ['fifo', 'lifo'] as const) {
      const { list, expected } = lanes(queueing);
      await test(pe, queueing, list, expected);
    }
  }
}
