/** The looks at a running job that the server hands on, kept for the pictures. */
import type { LiveSample } from '../../live.ts';

/** Those of the last ten minutes, at one a second. */
const samplesMax = 600;

export class LiveWatch {
  readonly #listeners = new Set<() => void>();
  samples: readonly LiveSample[] = [];
  /** Why there will be no more, or absent. */
  end: string | undefined;
  /** Grows with all that is told. */
  version = 0;

  constructor() {
    const events = new EventSource('/live');
    events.addEventListener('history', ({ data }) => this.#set(JSON.parse(data as string) as LiveSample[]));
    events.addEventListener('sample', ({ data }) =>
      this.#set([...this.samples, JSON.parse(data as string) as LiveSample].slice(-samplesMax)),
    );
    events.addEventListener('end', ({ data }) => {
      this.end = JSON.parse(data as string) as string;
      events.close();
      this.#tell();
    });
    events.addEventListener('error', () => {
      // The browser tries again by itself, unless it was refused.
      if (events.readyState !== EventSource.CLOSED || this.end !== undefined) return;
      this.end = 'the viewer has ended';
      this.#tell();
    });
  }

  get last(): LiveSample | undefined {
    return this.samples.at(-1);
  }

  listen(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #set(samples: readonly LiveSample[]): void {
    this.samples = samples;
    this.#tell();
  }

  #tell(): void {
    this.version++;
    for (const listener of this.#listeners) listener();
  }
}
