/**
 * The seeds of one PE, and what a seed balancer may do with them.
 *
 *  1. The creating PE sends a seed, which is a frame, to its home PE, which the balancer chooses and the key tells (key mod
 *     PEs).
 *  2. There, and wherever it goes, the frame is kept by a task in the queue, with the seed's own priority.
 *  3. A seed that is given away leaves an empty task behind. The frame goes on as it is, counted like any other.
 *  4. When a task that has its frame is picked the chare is constructed, here for good. Away from home the location
 *     manager tells the home PE, where all that was sent to the chare has waited.
 *
 * Invariant: a seed is in exactly one frame or one task, and all its mail is at home or on the way there.
 */
import { SeededRandom } from '../base/random.ts';
import type { Collection } from '../chare/collection.ts';
import { ElementRecord } from '../chare/element.ts';
import type { Key } from '../chare/index-space.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { ElementFlag, FrameKind } from '../message/envelope.ts';
import { type Pending, RemoteReply } from '../message/future.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { Pe } from '../pe/pe.ts';
import type { Task } from '../pe/task-queue.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import { Reader } from '../pup/reader.ts';
import type { SeedBalancer, SeedHost, SeedStrategy } from './seed-balancer.ts';

export class SeedPool implements SeedHost {
  readonly pe: number;
  readonly pes: number;
  readonly random: SeededRandom;
  readonly #pe: Pe;
  readonly #balancer: SeedBalancer;
  /** In the order in which they came. */
  readonly #waiting = new Set<SeedTask>();
  /** False: seeds are constructed where they were placed, and need not be kept. */
  readonly areMovable: boolean;

  constructor(pe: Pe, strategy: SeedStrategy) {
    this.#pe = pe;
    this.pe = pe.id;
    this.pes = pe.pes;
    this.random = new SeededRandom(Math.floor(pe.random.next() * 2 ** 32), pe.id + 1);
    this.#balancer = strategy(this);
    this.areMovable = this.#balancer.changed !== undefined && pe.pes > 1;
    pe.handle(FrameKind.seed, (frame) => this.#onSeed(frame));
    pe.handle(FrameKind.seedWord, (frame) => this.#balancer.receive?.(frame.source, frame.flags, frame.f64()));
  }

  // ---- for the runtime ----

  /** The home PE of a new seed. */
  place(): number {
    return this.#balancer.place();
  }

  /** Sends a new seed on its way. `created` hears when the chare has been constructed. */
  plant(
    collection: Collection,
    key: Key,
    args: readonly unknown[],
    home: number,
    options: SendOptions | undefined,
    created: Pending | undefined,
  ): void {
    const pe = this.#pe;
    const { writer } = pe;
    writer.begin(FrameKind.seed, created === undefined ? 0 : ElementFlag.reply, 0, collection.id, pe.id);
    writer.f64(key as number);
    writeOptions(writer, options);
    if (created !== undefined) writer.f64(created.address().id);
    encodeArguments(writer, [...args], `the constructor of ${collection.type.name}`);
    writer.end();
    if (home === pe.id) pe.replaySealedFrame();
    else pe.send(home);
  }

  /** A seed has come and waits for its turn. */
  #onSeed(frame: Reader): void {
    const task = new SeedTask(frame.source, frame.f64(), frame.copy());
    this.#waiting.add(task);
    this.#pe.post(task, readOptions(frame));
    this.#balancer.changed?.();
  }

  /** The scheduler has picked a seed that is still here. */
  construct(task: SeedTask, frame: Reader): void {
    this.#waiting.delete(task);
    this.#balancer.changed?.();
    const pe = this.#pe;
    const collection = pe.collections.singletonsNumbered(frame.collection);
    const key = frame.f64();
    readOptions(frame);
    const hasReply = (frame.flags & ElementFlag.reply) !== 0;
    const reply = hasReply ? new RemoteReply(pe, frame.source, frame.f64()) : undefined;
    const args = decodeArguments(frame, pe.context);
    const isHome = collection.location.homeOf(key) === pe.id;
    const element = new ElementRecord(collection, key, isHome ? 0 : 1, 1, 0);
    const admit = (): void => {
      collection.admit(element);
      collection.location.arrived(key);
    };
    if (isHome) admit();
    else collection.location.bornAway(key, element.epoch, admit);
    collection.construct(element, args);
    reply?.resolve(undefined);
  }

  /** The host has found nothing to do. */
  onIdle(): void {
    if (this.areMovable) this.#balancer.idle?.();
  }

  // ---- SeedHost ----

  get seeds(): number {
    return this.#waiting.size;
  }

  get load(): number {
    return this.#pe.queue.length;
  }

  now(): number {
    return this.#pe.clock.now();
  }

  give(count: number, to: number): number {
    let given = 0;
    for (const task of this.#waiting) {
      if (given >= count) break;
      const frame = task.take();
      if (frame === undefined) continue;
      this.#waiting.delete(task);
      this.#pe.forward(to, Reader.over(frame));
      given++;
    }
    return given;
  }

  tell(to: number, word: number, value: number): void {
    const { writer } = this.#pe;
    writer.begin(FrameKind.seedWord, word, 0, 0, this.pe);
    writer.f64(value);
    writer.end();
    this.#pe.send(to);
  }
}

/** A seed in the queue, or what is left there of one that was given away. */
class SeedTask implements Task {
  readonly source: number;
  readonly target: Key;
  #frame: Uint8Array | undefined;

  constructor(source: number, key: Key, frame: Uint8Array) {
    this.source = source;
    this.target = key;
    this.#frame = frame;
  }

  /** The seed's frame, once. */
  take(): Uint8Array | undefined {
    const frame = this.#frame;
    this.#frame = undefined;
    return frame;
  }

  run(pe: Pe): void {
    const frame = this.take();
    if (frame !== undefined) pe.seeds.construct(this, Reader.over(frame));
  }
}
