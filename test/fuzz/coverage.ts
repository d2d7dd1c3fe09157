/** Which blocks of our code an input has run, and about how often: what V8 counts for its own tools. */
import { Session } from 'node:inspector';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many blocks have been seen so far, each with each order of magnitude of its count. */
  get size(): number {
    return this.#seen.size;
  }

  /** What ran since the last call that had not run before, or not as often. Costs milliseconds. */
  #take(): Set<string> {
    const fresh = new Set<string>();
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const { url, scriptId, functions } of taken.result) {
        // A script that was bundled, with nothing in it but what is fuzzed and who fuzzes.
        if (!url.endsWith('/fuzz.mjs')) continue;
        for (const { ranges } of functions) for (const range of ranges) this.#add(scriptId, range, fresh);
      }
    });
    return fresh;
  }

  /** Whether anything new ran; it is old from now on. */
  isNew(): boolean {
    const fresh = this.#take();
    for (const block of fresh) this.#seen.add(block);
    return fresh.size > 0;
  }

  /** As `isNew`, but it stays new. */
  mayBeNew(): boolean {
    return this.#take().size > 0;
  }

  #add(script: string, { startOffset, endOffset, count }: Range, fresh: Set<string>): void {
    if (count === 0) return;
    const block = `${script}:${startOffset}:${endOffset}:${Math.min(6, 31 - Math.clz32(count))}`;
    if (!this.#seen.has(block)) fresh.add(block);
  }
}
