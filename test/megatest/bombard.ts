/** Every PE sends far more to one chare than any buffer holds; nothing is lost and each sender's order is kept. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type ElementProxy, type Future } from 'charm4ts';
import type { ThemeOptions } from './theme.ts';

export class BombardTarget extends Chare {
  readonly _next = new Map<number, number>();
  _count = 0;

  hit(from: number, serial: number, total: number, done: Future<number>): void {
    assert.equal(serial, this._next.get(from) ?? 0, `order of messages from PE ${from}`);
    this._next.set(from, serial + 1);
    this._count++;
    if (this._count === total) done.set(this._count);
  }
}

export class BombardSender extends Chare {
  fire(target: ElementProxy<BombardTarget>, shots: number, done: Future<number>): void {
    for (let serial = 0; serial < shots; serial++) target.hit(this.index, serial, shots * this.charm.pes, done);
  }
}

export async function bombard(charm: Charm, { load }: ThemeOptions): Promise<void> {
  const shots = 300 * load;
  const senders = await charm.group(BombardSender);
  const ends = [0, charm.pes - 1].map(async (onPe) => {
    const target = await charm.chare(BombardTarget, { onPe });
    const done = charm.future<number>();
    senders.all.fire(target, shots, done);
    assert.equal(await done.get(), shots * charm.pes);
  });
  await Promise.all(ends);
}
