/**
 * Completion detection: has everything of one kind that was produced been consumed? Like quiescence, but only for what
 * the program counts itself, whatever else goes on.
 *
 * Words: a *domain* is one thing to be counted; PE c's n-th has number n·pes + c, and PE c is its root. On each PE it counts `produced`,
 * `consumed`, and `done`: producers that will produce no more. Counts only grow; a domain that is started again counts on.
 *
 * Protocol:
 *  1. `start` tells the root how many producers more there are.
 *  2. Sums of the three counts go up a tree over all PEs, lazily: a PE whose `done` has changed tells its parent, after some
 *     turns of the scheduler, in which more may have come.
 *  3. When all producers are done, the root starts a wave: down the tree and back up with the sums as they are now. It makes the
 *     PEs watchful: from then on they tell of changes of the other two counts as well.
 *  4. If all that was produced by the end of a wave had been consumed by the end of the one before, and all producers were done
 *     by then, the domain is complete: at the moment between the two waves nothing was left, and nobody could produce any more
 *     (Mattern's argument, as in quiescence.ts). Otherwise there is another wave, when the sums that the root has heard of
 *     agree.
 *  5. The root tells who waits, and the PEs that they need not watch any more.
 *
 * Where a count is made does not matter, so producers and consumers may move. Needed of the program: nobody consumes before it was
 * produced; who consumes something and produces something because of it, produces first.
 *
 * Invariant: between two waves of a domain there is either a change under way to the root, or the sums do not agree.
 */
import { UsageError } from '../base/errors.ts';
import type { Callback } from '../message/callback.ts';
import { FrameKind } from '../message/envelope.ts';
import { Pending, RemoteReply, type ReplyTarget } from '../message/future.ts';
import type { Pe } from '../pe/pe.ts';
import type { Task } from '../pe/task-queue.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { treePlace } from './spanning-tree.ts';

interface Counts {
  readonly produced: number;
  readonly consumed: number;
  readonly done: number;
}

const none: Counts = { produced: 0, consumed: 0, done: 0 };

function sumOf(a: Counts, b: Counts): Counts {
  return { produced: a.produced + b.produced, consumed: a.consumed + b.consumed, done: a.done + b.done };
}

/** Values are the wire. */
const Word = { start: 0, counts: 1, wave: 2, answer: 3, rest: 4 } as const;

/** A PE tells its parent of changes after this many turns: soon if it is idle, much later if it is busy. */
const turnsBeforeReport = 32;

interface Run {
  readonly finished: ReplyTarget;
  readonly allProduced: Callback<void> | undefined;
}

/** One domain on one PE. */
class Domain implements Task {
  readonly source: number;
  readonly target = this;
  readonly #pe: Pe;
  readonly #id: number;
  readonly #parent: number;
  readonly #children: readonly number[];
  #own = none;
  /** What the subtrees of the children have said last. */
  readonly #below = new Map<number, Counts>();
  #told = none;
  #isWatching = false;
  #isQueued = false;
  #turns = 0;
  /** Children that have not answered in the wave. */
  #open = 0;
  // At the root.
  #producers = 0;
  #run: Run | undefined = undefined;
  #isWaveRunning = false;
  /** The last wave, if all producers were done by then. */
  #previous: Counts | undefined = undefined;

  constructor(pe: Pe, id: number) {
    this.#pe = pe;
    this.#id = id;
    this.source = pe.id;
    const { parent, children } = treePlace(pe.id, id % pe.pes, pe);
    this.#parent = parent;
    this.#children = children;
  }

  get #sum(): Counts {
    let sum = this.#own;
    for (const counts of this.#below.values()) sum = sumOf(sum, counts);
    return sum;
  }

  // ---- counting ----

  add(more: Counts): void {
    this.#own = sumOf(this.#own, more);
    if (this.#isWatching || more.done > 0) this.#changed();
  }

  #changed(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#turns = turnsBeforeReport;
    this.#pe.post(this);
  }

  run(): void {
    if (--this.#turns > 0) return this.#pe.post(this);
    this.#isQueued = false;
    if (this.#parent === -1) return this.#look();
    const sum = this.#sum;
    const { produced, consumed, done } = this.#told;
    if (sum.produced === produced && sum.consumed === consumed && sum.done === done) return;
    this.#tell(sum, Word.counts);
  }

  #tell(sum: Counts, word: number): void {
    this.#told = sum;
    this.#begin(word);
    this.#pe.writer.f64(sum.produced);
    this.#pe.writer.f64(sum.consumed);
    this.#pe.writer.f64(sum.done);
    this.#sendTo(this.#parent);
  }

  // ---- at the root ----

  start(producers: number, run: Run): void {
    if (this.#run !== undefined)
      return run.finished.reject(
        new UsageError('this completion has been started and has not ended; make another one'),
      );
    this.#producers += producers;
    this.#run = run;
    this.#previous = undefined;
    this.#look();
  }

  /** Starts a wave if there is reason to. */
  #look(): void {
    if (this.#run === undefined || this.#isWaveRunning) return;
    const { produced, consumed, done } = this.#sum;
    if (done > this.#producers) return this.#fail(`${done} producers are done, and there are ${this.#producers}`);
    if (done < this.#producers || (this.#previous !== undefined && produced !== consumed)) return;
    this.#startWave();
  }

  #startWave(): void {
    this.#isWaveRunning = true;
    this.onWave();
  }

  #endWave(counts: Counts): void {
    this.#isWaveRunning = false;
    const previous = this.#previous;
    if (counts.done !== this.#producers) return this.#look();
    if (previous === undefined) this.#run?.allProduced?.send();
    else if (previous.consumed > counts.produced)
      return this.#fail(`${previous.consumed} were consumed, and ${counts.produced} were produced`);
    this.#previous = counts;
    if (previous?.consumed === counts.produced) this.#complete();
    else if (counts.consumed >= counts.produced) this.#startWave();
  }

  #complete(): void {
    const run = this.#run;
    this.#run = undefined;
    this.#previous = undefined;
    this.rest();
    run?.finished.resolve(undefined);
  }

  #fail(why: string): void {
    const run = this.#run;
    this.#run = undefined;
    run?.finished.reject(new UsageError(`completion detection: ${why}`));
  }

  // ---- frames ----

  onCounts(from: number, counts: Counts): void {
    this.#below.set(from, counts);
    // The parent hears of it soon; the root looks at once.
    if (this.#parent === -1) this.#look();
    else this.#changed();
  }

  /** The wave has come down to this PE. */
  onWave(): void {
    this.#isWatching = true;
    this.#open = this.#children.length;
    this.#toChildren(Word.wave);
    if (this.#open === 0) this.#answer();
  }

  onAnswer(from: number, counts: Counts): void {
    this.#below.set(from, counts);
    if (--this.#open === 0) this.#answer();
  }

  #answer(): void {
    const sum = this.#sum;
    if (this.#parent === -1) this.#endWave(sum);
    else this.#tell(sum, Word.answer);
  }

  rest(): void {
    this.#isWatching = false;
    this.#toChildren(Word.rest);
  }

  #toChildren(word: number): void {
    for (const child of this.#children) {
      this.#begin(word);
      this.#sendTo(child);
    }
  }

  #begin(word: number): void {
    this.#pe.writer.begin(FrameKind.completion, word, 0, 0, this.#pe.id);
    this.#pe.writer.f64(this.#id);
  }

  #sendTo(pe: number): void {
    this.#pe.writer.end();
    this.#pe.send(pe);
  }

  /** For the stuck report. */
  describe(): string {
    const { produced, consumed, done } = this.#sum;
    return `${done} of ${this.#producers} producers are done, ${produced} were produced and ${consumed} consumed, as far as PE ${this.#pe.id} knows`;
  }
}

/** All domains of a PE. */
export class CompletionTable {
  readonly #pe: Pe;
  readonly #domains = new Map<number, Domain>();
  #count = 0;

  constructor(pe: Pe) {
    this.#pe = pe;
    pe.handle(FrameKind.completion, (frame) => this.#onFrame(frame));
  }

  make(): number {
    // Frames wait on PEs that have no readonlies yet.
    this.#pe.sealReadonlies();
    return this.#count++ * this.#pe.pes + this.#pe.id;
  }

  domain(id: number): Domain {
    let domain = this.#domains.get(id);
    if (domain === undefined) {
      domain = new Domain(this.#pe, id);
      this.#domains.set(id, domain);
    }
    return domain;
  }

  start(id: number, producers: number, allProduced: Callback<void> | undefined): Promise<void> {
    const pe = this.#pe;
    const root = id % pe.pes;
    const describe = (): string => (root === pe.id ? `completion: ${this.domain(id).describe()}` : `completion ${id}`);
    const finished = new Pending(pe, describe);
    if (root === pe.id) this.domain(id).start(producers, { finished, allProduced });
    else {
      pe.writer.begin(FrameKind.completion, Word.start, 0, 0, pe.id);
      pe.writer.f64(id);
      pe.writer.f64(producers);
      pe.writer.f64(finished.address().id);
      encodeValue(pe.writer, allProduced, 'a callback');
      pe.writer.end();
      pe.send(root);
    }
    return finished.wait() as Promise<void>;
  }

  #onFrame(frame: Reader): void {
    const domain = this.domain(frame.f64());
    switch (frame.flags) {
      case Word.start: {
        const producers = frame.f64();
        const finished = new RemoteReply(this.#pe, frame.source, frame.f64());
        const allProduced = decodeValue(frame, this.#pe.context) as Callback<void> | undefined;
        return domain.start(producers, { finished, allProduced });
      }
      case Word.counts:
        return domain.onCounts(frame.source, readCounts(frame));
      case Word.wave:
        return domain.onWave();
      case Word.answer:
        return domain.onAnswer(frame.source, readCounts(frame));
      default:
        return domain.rest();
    }
  }
}

function readCounts(frame: Reader): Counts {
  return { produced: frame.f64(), consumed: frame.f64(), done: frame.f64() };
}
