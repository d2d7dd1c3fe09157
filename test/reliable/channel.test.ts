/** The reliable channel over a network that does everything to packets that networks do, in virtual time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { SeededRandom } from '../../core/base/random.ts';
import { FrameMemory } from '../../core/pup/frame-memory.ts';
import { Reader } from '../../core/pup/reader.ts';
import { FrameStore } from '../../transports/frames/frame-store.ts';
import { crc32 } from '../../transports/reliable/crc32.ts';
import { ReliableChannel } from '../../transports/reliable/reliable-channel.ts';
import { EventQueue } from '../../transports/sim/event-queue.ts';
import { check } from '../support/property.ts';

interface Weather {
  readonly seed: number;
  readonly loss: number;
  readonly double: number;
  readonly damage: number;
  /** Packets take 1 ms, and up to this much more. */
  readonly jitterMs: number;
}

const calm: Weather = { seed: 1, loss: 0, double: 0, damage: 0, jitterMs: 0 };

/** Two ends and what is between them. */
class Pair {
  readonly queue = new EventQueue();
  readonly store = new FrameStore();
  readonly ends: ReliableChannel[] = [];
  /** Frames delivered at each end. */
  readonly got: Uint8Array[][] = [[], []];
  readonly room = [Infinity, Infinity];
  readonly refused = [false, false];
  readonly silent = [0, 0];
  heldMost = 0;
  packets = 0;
  isCut = false;
  #weather: Weather;
  readonly #random: SeededRandom;

  constructor(weather: Weather, nonces = [1, 2], packetBytesMax = 200) {
    this.#weather = weather;
    this.#random = new SeededRandom(weather.seed);
    for (const end of [0, 1]) {
      const host = {
        now: () => this.queue.now * 1000,
        after: (delayMs: number, action: () => void) =>
          this.queue.at(this.queue.now + delayMs / 1000, { fire: action }),
        transmit: (memory: FrameMemory, offset: number, bytes: number) =>
          this.#carry(1 - end, memory.bytes.slice(offset, offset + bytes)),
        hasRoom: () => this.got[end]!.length < this.room[end]!,
        deliver: (memory: FrameMemory, offset: number, bytes: number) => {
          this.got[end]!.push(memory.bytes.slice(offset, offset + bytes));
        },
        refused: () => {
          this.refused[end] = true;
        },
        silent: (ms: number) => {
          this.silent[end] = ms;
        },
      };
      const [localNonce, peerNonce] = end === 0 ? [nonces[0]!, 2] : [2, 1];
      this.ends.push(new ReliableChannel(host, { localNonce, peerNonce, store: this.store, packetBytesMax }));
    }
  }

  clear(): void {
    this.#weather = calm;
  }

  #carry(to: number, packet: Uint8Array): void {
    const { loss, double, damage, jitterMs } = this.#weather;
    this.packets++;
    for (const { underWay, early } of this.ends.map(({ held }) => held)) {
      assert(underWay <= 4 << 20);
      this.heldMost = Math.max(this.heldMost, early);
    }
    const copies = this.#random.next() < double ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.isCut || this.#random.next() < loss) continue;
      const bytes = packet.slice();
      if (this.#random.next() < damage) bytes[this.#random.below(bytes.length)]! ^= 1 << this.#random.below(8);
      const fire = (): void => this.ends[to]!.receive(new FrameMemory(padded(bytes)), 0, bytes.length);
      this.queue.at(this.queue.now + (1 + this.#random.next() * jitterMs) / 1000, { fire });
    }
  }

  send(from: number, frame: Uint8Array): void {
    this.ends[from]!.forward(readerOf(frame));
  }

  /** Runs until nothing more happens. */
  run(eventsMax = 200_000): void {
    while (this.queue.fireNext()) assert(this.queue.fired < eventsMax, 'it never comes to rest');
  }
}

function padded(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer((bytes.length + 7) & ~7);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

function readerOf(frame: Uint8Array): Reader {
  const reader = new Reader();
  reader.reset(new FrameMemory(padded(frame)), 0, frame.length, true);
  return reader;
}

/** A frame of so many bytes with a content of its own. */
function frameOf(number: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: Math.max(16, bytes) }, (_, i) => (number * 31 + i * 7 + (i >> 8)) & 255);
}

const weathers: fc.Arbitrary<Weather> = fc.record({
  seed: fc.nat(),
  loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
  double: fc.double({ min: 0, max: 0.5, noNaN: true }),
  damage: fc.double({ min: 0, max: 0.2, noNaN: true }),
  jitterMs: fc.constantFrom(0, 1, 5, 50),
});

describe('a reliable channel', () => {
  it('delivers every frame once, whole and in order, in both directions, and comes to rest', () =>
    check(
      fc.record({
        weather: weathers,
        sizes: fc.array(fc.array(fc.oneof(fc.nat(100), fc.nat(1200)), { maxLength: 60 }), {
          minLength: 2,
          maxLength: 2,
        }),
      }),
      ({ weather, sizes }) => {
        const pair = new Pair(weather);
        for (const [from, list] of sizes.entries())
          for (const [n, bytes] of list.entries()) {
            const fire = (): void => pair.send(from, frameOf(n, bytes));
            pair.queue.at(Math.floor(n / 5) / 1000, { fire });
          }
        pair.run();
        for (const [from, list] of sizes.entries()) {
          const got = pair.got[1 - from]!;
          assert.equal(got.length, list.length);
          for (const [n, bytes] of list.entries()) assert.deepEqual(got[n], frameOf(n, bytes));
        }
        for (const end of pair.ends) assert.deepEqual(end.held, { underWay: 0, backlog: 0, early: 0 });
      },
      { runs: 400 },
    ));

  it('fills its window and no more while the other end has no room, and goes on when it has', () => {
    const pair = new Pair({ ...calm, jitterMs: 2 });
    pair.room[1] = 10;
    for (let n = 0; n < 1000; n++) pair.send(0, frameOf(n, 100));
    // It asks for ever whether there is room now.
    while (pair.queue.now < 3) assert(pair.queue.fireNext() && pair.queue.fired < 100_000);
    assert.equal(pair.got[1]!.length, 10);
    assert(pair.heldMost <= 128 * 100, `${pair.heldMost} bytes are kept`);
    assert(pair.ends[0]!.held.backlog > 800 * 100);
    pair.room[1] = Infinity;
    pair.ends[1]!.resume();
    pair.run();
    assert.deepEqual(
      pair.got[1],
      Array.from({ length: 1000 }, (_, n) => frameOf(n, 100)),
    );
  });

  it('sends nothing twice, and a word for four packets, where nothing is lost', () => {
    const pair = new Pair(calm);
    for (let n = 0; n < 400; n++) pair.send(0, frameOf(n, 50));
    pair.run();
    assert.equal(pair.got[1]!.length, 400);
    assert(pair.packets <= 400 + 130, `${pair.packets} packets`);
    assert.equal(pair.ends[0]!.counts.repeats, 0);
  });

  it('of an old incarnation is refused, and hears of it; what it sent reaches nobody', () => {
    const pair = new Pair(calm, [77, 2]);
    pair.send(0, frameOf(1, 50));
    pair.run();
    assert.deepEqual(pair.got, [[], []]);
    assert.deepEqual(pair.refused, [true, false]);
    assert(pair.ends[1]!.counts.strange > 0);
  });

  it('says after 5 s that nobody answers, not before, and not where somebody does', () => {
    const pair = new Pair({ ...calm, loss: 0.3 });
    pair.send(0, frameOf(1, 50));
    pair.run();
    assert.deepEqual(pair.silent, [0, 0]);
    pair.isCut = true;
    const cutAt = pair.queue.now;
    pair.send(0, frameOf(2, 50));
    while (pair.silent[0] === 0) assert(pair.queue.fireNext());
    assert(pair.silent[0]! >= 5000 && pair.queue.now - cutAt < 7.5, `${pair.queue.now - cutAt} s`);
    pair.isCut = false;
    pair.run();
    assert.equal(pair.got[1]!.length, 2);
  });

  it('takes in anything at all without an error', () =>
    check(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const pair = new Pair(calm);
      pair.ends[0]!.receive(new FrameMemory(padded(bytes)), 0, bytes.length);
      pair.run();
      assert.deepEqual(pair.got, [[], []]);
    }));
});

it('the CRC is that of zlib', { skip: zlibCrc32 === undefined ? 'this Node.js has none' : false }, () =>
  check(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.equal(crc32(new FrameMemory(padded(bytes)), 0, bytes.length), zlibCrc32(bytes));
  }),
);
