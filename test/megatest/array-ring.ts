/** Tokens go round a ring of 50 elements, ten times each: every hop intact and in the order of the ring. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future } from 'charm4ts';
import type { ThemeOptions } from './theme.ts';

interface Token {
  readonly serial: number;
  readonly hops: number;
  readonly check: number;
  readonly text: string;
}

const ringSize = 50;
const rounds = 10;

function makeToken(serial: number, hops: number): Token {
  return { serial, hops, check: serial * 1_000_003 + hops, text: `token ${serial} after ${hops} hops` };
}

export class ArrayRingElement extends Chare {
  readonly _hopsExpected = new Map<number, number>();

  pass(token: Token, done: Future<number>): void {
    assert.deepEqual(token, makeToken(token.serial, token.hops));
    assert.equal(token.hops, this._hopsExpected.get(token.serial) ?? this.index);
    this._hopsExpected.set(token.serial, token.hops + ringSize);
    if (token.hops === ringSize * rounds) done.set(this.index);
    else this.array.at((this.index + 1) % ringSize).pass(makeToken(token.serial, token.hops + 1), done);
  }
}

export async function arrayRing(charm: Charm, { load }: ThemeOptions): Promise<void> {
  const ring = await charm.array(ArrayRingElement, { size: ringSize, map: load > 1 ? 'roundRobin' : 'block' });
  const ends = Array.from({ length: 2 }, (_, serial) => {
    const done = charm.future<number>();
    ring.at(0).pass(makeToken(serial, 0), done);
    return done.get();
  });
  assert.deepEqual(await Promise.all(ends), [0, 0]);
}
