/**
 * One trace that the server shows: read in the background, asked as soon as there is something to tell.
 *
 *  1. If there is a prepared file (prepared.ts), its head and pyramids answer for the first picture at once. Reading of the
 *     trace begins after that.
 *  2. Other questions wait until the trace is there. Tiles that are finer than pyramids are told as coarse.
 *  3. A large trace without a prepared file is given one, where the folder can be written to.
 *  4. A trace that cannot be read fails every question with what was wrong.
 *  5. A trace that is followed is read anew when somebody asks for its head and its files have changed, until it is whole.
 *     Until it has been read, what was read before answers.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { heatMap } from '../../analysis/heat-map.ts';
import type { Selection } from '../../analysis/selection.ts';
import { openTrace } from '../../format/open.ts';
import { answer, infoOf } from '../answers.ts';
import { decodePrepared, encodePrepared, type Prepared, preparedSuffix } from '../prepared.ts';
import type { Ask } from '../protocol.ts';
import type { Question } from '../questions.ts';
import { TraceStore } from '../store.ts';
import { overviewFrom, tileFrom } from '../timeline.ts';
import { checkFolder, type TraceFolder } from './folder.ts';
import { readParallel } from './parallel-read.ts';

export interface Progress {
  readonly done: number;
  readonly files: number;
}

type Load = (onProgress: (done: number, files: number) => void) => Promise<TraceStore>;

/** Smaller ones are read in less than a second. */
const preparedRecordsMin = 300_000;

/** Between two readings of a trace that grows passes so many times what a reading takes. */
const pauseFactor = 4;

/** A view that has no tiles does not wait longer. */
const pictureMs = 1000;

export class HostedTrace {
  readonly name: string;
  progress: Progress = { done: 0, files: 0 };
  isLoaded = false;
  readonly #load: Load;
  readonly #prepared: Prepared | undefined;
  #store: Promise<TraceStore> | undefined;
  /** Tells the stamp of the files, while they may change. */
  #follow: (() => Promise<string>) | undefined;
  #stamp = '';
  #nextLook = 0;
  /** The first picture goes before the reading: both want the processor. */
  #hasPicture: () => void = () => {};
  readonly #picture: Promise<void>;

  constructor(name: string, load: Load, prepared?: Prepared) {
    this.name = name;
    this.#load = load;
    this.#prepared = prepared;
    this.#picture = new Promise((resolve) => {
      this.#hasPicture = resolve;
      setTimeout(resolve, pictureMs).unref();
    });
  }

  /** Of a job that may still be writing it. */
  static following(folder: TraceFolder): HostedTrace {
    const load = async (): Promise<TraceStore> => new TraceStore(await openTrace(folder.path));
    const trace = new HostedTrace(folder.name, load);
    trace.#follow = async () => (await checkFolder(folder.path)).files.stamp;
    trace.#stamp = folder.files.stamp;
    return trace;
  }

  static async ofFolder(folder: TraceFolder): Promise<HostedTrace> {
    const { path, name, files } = folder;
    const file = join(folder.folder, `${name}${preparedSuffix}`);
    const prepared = await readPrepared(file, files.stamp);
    return new HostedTrace(
      name,
      async (onProgress) => {
        const { trace, pyramids } = await readParallel(path, files, onProgress);
        const store = new TraceStore(trace, pyramids);
        const info = infoOf(store);
        if (prepared === undefined && info.records >= preparedRecordsMin)
          await writePrepared(file, encodePrepared({ info, pyramids }, files.stamp));
        return store;
      },
      prepared,
    );
  }

  get isPrepared(): boolean {
    return this.#prepared !== undefined;
  }

  /** Begins to read, at the first call. */
  get store(): Promise<TraceStore> {
    if (this.#store === undefined) {
      this.#store = this.#load((done, files) => {
        this.progress = { done, files };
      });
      const loaded = (): void => {
        this.isLoaded = true;
      };
      this.#store.then(loaded, loaded);
    }
    return this.#store;
  }

  /** Reads the trace anew if it has changed. */
  async #lookAgain(): Promise<void> {
    const before = await this.store;
    const now = performance.now();
    if (this.#follow === undefined || now < this.#nextLook) return;
    this.#nextLook = Number.POSITIVE_INFINITY;
    try {
      const stamp = await this.#follow();
      if (stamp !== this.#stamp) this.#store = Promise.resolve(await this.#load(() => {}));
      this.#stamp = stamp;
    } catch {
      // It is being written; the next look will do.
      this.#store = Promise.resolve(before);
    }
    this.#nextLook = performance.now() + (performance.now() - now) * pauseFactor;
    // Whole traces grow no more; those of runs that crashed are never whole, and looking at their files costs little.
    if ((await this.store).trace.problems.length === 0) this.#follow = undefined;
  }

  async answer(question: Question): Promise<unknown> {
    if (this.#follow !== undefined && question.name === 'info') {
      await this.#lookAgain();
      return { ...infoOf(await this.store), isLive: this.#follow !== undefined };
    }
    if (!this.isLoaded && this.#prepared !== undefined) {
      const early = earlyAnswer(this.#prepared, question);
      if (question.name === 'tiles') this.#hasPicture();
      if (early !== undefined) return early;
      await this.#picture;
    }
    const store = await this.store;
    return answer(store, question.name, question.ask as never);
  }
}

/** From the prepared file alone, if that is enough. */
function earlyAnswer({ info, pyramids }: Prepared, { name, ask }: Question): unknown {
  if (name === 'info') return { ...info, isLoading: true };
  const { chare, entries } = ask as Selection;
  if (chare !== undefined || entries !== undefined) return undefined;
  if (name === 'tiles') return { tiles: (ask as Ask<'tiles'>).tiles.map((key) => tileFrom(pyramids, info.begin, key)) };
  if (name === 'overview')
    return overviewFrom(chosen(pyramids, (ask as Ask<'overview'>).pes), info, ask as Ask<'overview'>);
  if (name !== 'heatMap') return undefined;
  const { begin = info.begin, end = info.end, pes, columns, rowsMax } = ask as Ask<'heatMap'>;
  return heatMap(chosen(pyramids, pes), { begin, end }, columns, rowsMax);
}

function chosen(pyramids: Prepared['pyramids'], pes: readonly number[] | undefined): Prepared['pyramids'] {
  if (pes === undefined) return pyramids;
  const wanted = new Set(pes);
  return pyramids.filter(({ pe }) => wanted.has(pe.pe));
}

async function readPrepared(file: string, stamp: string): Promise<Prepared | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  // Where columns may lie at their natural places: memory of small files is shared.
  const { buffer, byteOffset, byteLength } = bytes;
  const isAligned = byteOffset % 8 === 0 && byteLength === buffer.byteLength;
  return decodePrepared(isAligned ? (buffer as ArrayBuffer) : Uint8Array.from(bytes).buffer, stamp);
}

/** Under another name first, so that nobody reads half of it. A folder that cannot be written to is no error. */
async function writePrepared(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const part = `${file}.${process.pid}.part`;
    await writeFile(part, bytes, { mode: 0o600 });
    await rename(part, file);
  } catch {
    // The next viewer reads the trace again.
  }
}
