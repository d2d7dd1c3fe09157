/**
 * One trace that the server shows: read in the background, asked as soon as there is something to tell.
 *
 *  1. `open` begins to read. `info` answers at once, with how far that is.
 *  2. Other questions wait until the trace is there.
 *  3. A trace that cannot be read fails every question with what was wrong.
 */
import { openTrace } from '../../format/open.ts';
import { answer } from '../answers.ts';
import type { Question } from '../questions.ts';
import { TraceStore } from '../store.ts';
import type { TraceFolder } from './folder.ts';

export interface Progress {
  readonly done: number;
  readonly files: number;
}

export class HostedTrace {
  readonly name: string;
  readonly #store: Promise<TraceStore>;
  progress: Progress = { done: 0, files: 0 };
  isLoaded = false;

  constructor(name: string, store: (onProgress: (done: number, files: number) => void) => Promise<TraceStore>) {
    this.name = name;
    this.#store = store((done, files) => {
      this.progress = { done, files };
    });
    this.#store.then(
      () => {
        this.isLoaded = true;
      },
      () => {
        this.isLoaded = true;
      },
    );
  }

  static ofFolder({ path, name }: TraceFolder): HostedTrace {
    return new HostedTrace(name, async (onProgress) => new TraceStore(await openTrace(path, { onProgress })));
  }

  async answer({ name, ask }: Question): Promise<unknown> {
    return answer(await this.#store, name, ask as never);
  }

  get store(): Promise<TraceStore> {
    return this.#store;
  }
}
