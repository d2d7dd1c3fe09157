/**
 * Quiescence detection: has every message that was sent been processed, everywhere?
 *
 * Each PE counts messages created and processed (a task in a queue, a frame on the wire and a message held back
 * for an element that does not exist yet are all created and not processed; so are `charm.sleep` and `charm.track`).
 *
 * Protocol (Mattern's four counters, Distributed Computing 2, 1987): PE 0 starts a wave down a spanning tree. A PE
 * answers when it is idle and its children have answered; counts are summed on the way up. If everything processed
 * by the end of one wave equals everything created by the end of the next, nothing was in flight between them, and
 * with idle PEs nothing can start again: quiescence. Unequal waves are followed by another one.
 *
 * The same waves find a stuck job: two waves with the same counts, in which all that is unprocessed is held for
 * elements that do not exist or is a tracked promise, and no PE waits for timers or I/O.
 *
 * Not seen: timers and I/O of the program that are not wrapped in `charm.sleep` or `charm.track`.
 *
 * Invariant: its own frames are not counted.
 */
import { FrameKind } from '../message/envelope.ts';
import { Pending } from '../message/future.ts';
import { describeWaits } from '../pe/describe-waits.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { treePlace } from './spanning-tree.ts';

/** Sums over a subtree. */
interface Counts {
  readonly created: number;
  readonly processed: number;
  /** Messages for elements that do not exist, and tracked promises: nothing of the runtime's moves them. */
  readonly held: number;
  /** PEs that wait for timers or I/O the counters do not know. */
  readonly outside: number;
  /** If the wave asked: what is missing on these PEs, and what methods there wait for. */
  readonly missing: readonly string[];
  readonly waits: readonly string[];
}

const zero: Counts = { created: 0, processed: 0, held: 0, outside: 0, missing: [], waits: [] };
const waitsMax = 40;
/** After a wave that changed nothing, the next one waits this long; longer, the longer nothing changes. */
const idleWaveMsMin = 20;
const idleWaveMsMax = 1000;
/** The wait is this part of the time that nothing has changed. */
const idleWavePart = 1 / 8;

export class QuiescenceDetector {
  readonly #pe: Pe;
  readonly #parent: number;
  readonly #children: readonly number[];
  readonly #waiting: Pending[] = [];
  // The wave that this PE takes part in.
  #isAsked = false;
  #withWaits = false;
  #answers = 0;
  #sum = zero;
  // PE 0 only.
  readonly #requesters = new Set<number>();
  #isWaveRunning = false;
  /** The next wave has a time already. */
  #isWaveDue = false;
  #isStuckCheck = false;
  #previous: Counts | undefined = undefined;
  /** When the first of a row of equal waves ended; 0 if the last two differed. */
  #stillSince = 0;

  constructor(pe: Pe) {
    this.#pe = pe;
    const { parent, children } = treePlace(pe.id, 0, pe);
    this.#parent = parent;
    this.#children = children;
    pe.handle(FrameKind.quiescenceRequest, (frame) => this.#request(frame.source));
    pe.handle(FrameKind.quiescenceAsk, (frame) => this.#onAsk(frame.flags === 1, frame));
    pe.handle(FrameKind.quiescenceAnswer, (frame) => this.#onAnswer(frame));
    pe.handle(FrameKind.quiescenceReached, () => this.#onReached());
  }

  /** Resolves at the next quiescence. */
  wait(): Promise<void> {
    const pending = new Pending(this.#pe, () => 'quiescence');
    this.#waiting.push(pending);
    if (this.#pe.id === 0) this.#request(0);
    else this.#sendTo(0, FrameKind.quiescenceRequest);
    return pending.wait() as Promise<void>;
  }

  /** PE 0 has been idle for a while: is the job stuck? */
  checkStuck(): void {
    // A host that looks often must not make a wave of each look: timers of waves count as something outside to wait for.
    if (this.#isWaveRunning || this.#isWaveDue) return;
    this.#isStuckCheck = true;
    this.#startWave();
  }

  /** True while a wave waits for this PE to be idle. */
  get isWaitingForIdle(): boolean {
    return this.#isAsked && this.#answers === this.#children.length;
  }

  /** Called by the loop when the queue and the links are empty and no microtask is pending. */
  onIdle(): void {
    const pe = this.#pe;
    if (pe.gated.size > 0) {
      pe.reexamine();
      if (pe.queue.length > 0 || pe.needsTurn) return;
    }
    // Methods that wait for an idle PE have something to do.
    if (!this.isWaitingForIdle || pe.idlers.size > 0) return;
    this.#isAsked = false;
    const mine = {
      created: pe.created,
      processed: pe.processed,
      held: pe.heldCount + pe.trackedCount,
      outside: pe.host.hasOutsideWork() ? 1 : 0,
      missing: this.#withWaits ? pe.collections.describeOpen().slice(0, waitsMax) : [],
      waits: this.#withWaits ? describeWaits(pe, waitsMax) : [],
    };
    const sum = add(this.#sum, mine);
    if (this.#parent === -1) return this.#endWave(sum);
    const writer = pe.writer;
    writer.begin(FrameKind.quiescenceAnswer, 0, 0, 0, pe.id);
    encodeValue(writer, sum, 'counts');
    writer.end();
    pe.send(this.#parent);
  }

  #request(pe: number): void {
    this.#requesters.add(pe);
    if (!this.#isWaveRunning) this.#startWave();
  }

  #startWave(): void {
    this.#isWaveRunning = true;
    this.#onAsk(this.#isStuckCheck, undefined);
  }

  #onAsk(withWaits: boolean, frame: Reader | undefined): void {
    this.#isAsked = true;
    this.#withWaits = withWaits;
    this.#answers = 0;
    this.#sum = zero;
    for (const child of this.#children) {
      if (frame !== undefined) this.#pe.forward(child, frame);
      else this.#sendTo(child, FrameKind.quiescenceAsk, withWaits ? 1 : 0);
    }
  }

  #onAnswer(frame: Reader): void {
    this.#answers++;
    this.#sum = add(this.#sum, decodeValue(frame, this.#pe.context) as Counts);
  }

  #endWave(counts: Counts): void {
    const previous = this.#previous;
    this.#previous = counts;
    this.#isWaveRunning = false;
    if (previous !== undefined && this.#requesters.size > 0 && previous.processed === counts.created)
      return this.#reached();
    const isStill = previous?.created === counts.created && previous.processed === counts.processed;
    if (isStill && this.#isStuck(counts)) return this.#pe.stuck([...counts.missing, ...counts.waits]);
    if (this.#requesters.size === 0 && previous !== undefined) {
      // A stuck check that found work, or something outside to wait for; PE 0 asks again when it has been idle again.
      this.#isStuckCheck = false;
      this.#previous = undefined;
    } else if (isStill) {
      this.#isStuckCheck = true;
      this.#againLater();
    } else {
      this.#stillSince = 0;
      this.#again();
    }
  }

  #againLater(): void {
    const now = this.#pe.clock.now();
    if (this.#stillSince === 0) this.#stillSince = now;
    const delayMs = Math.max(idleWaveMsMin, Math.min(idleWaveMsMax, (now - this.#stillSince) * idleWavePart));
    if (this.#isWaveDue) return;
    this.#isWaveDue = true;
    this.#pe.host.after(delayMs, () => {
      this.#isWaveDue = false;
      this.#again();
    });
  }

  #again(): void {
    if (!this.#isWaveRunning && (this.#requesters.size > 0 || this.#isStuckCheck)) this.#startWave();
  }

  #isStuck(counts: Counts): boolean {
    return this.#isStuckCheck && counts.outside === 0 && counts.created === counts.processed + counts.held;
  }

  #reached(): void {
    this.#pe.trace?.quiescence();
    this.#previous = undefined;
    this.#isStuckCheck = false;
    const requesters = [...this.#requesters];
    this.#requesters.clear();
    for (const pe of requesters) {
      if (pe === this.#pe.id) this.#onReached();
      else this.#sendTo(pe, FrameKind.quiescenceReached);
    }
  }

  #onReached(): void {
    for (const pending of this.#waiting.splice(0)) pending.resolve(undefined);
  }

  #sendTo(pe: number, kind: FrameKind, flags = 0): void {
    this.#pe.writer.begin(kind, flags, 0, 0, this.#pe.id);
    this.#pe.writer.end();
    this.#pe.send(pe);
  }
}

function add(a: Counts, b: Counts): Counts {
  return {
    created: a.created + b.created,
    processed: a.processed + b.processed,
    held: a.held + b.held,
    outside: a.outside + b.outside,
    missing: a.missing.concat(b.missing).slice(0, waitsMax),
    waits: a.waits.concat(b.waits).slice(0, waitsMax),
  };
}
