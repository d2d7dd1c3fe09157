/**
 * MPI in the thread of a PE that is alone in its node runtime.
 *
 * While the PE runs, its loop asks the link for what has come. Before and after, a timer does: control between the processes must
 * pass at all times. Frames that come before the PE is there wait for it; those that come when it has left are dropped.
 */
import type { Pe } from '../../core/pe/pe.ts';
import { Reader } from '../../core/pup/reader.ts';
import type { SharedHeap } from '../../core/pup/shared-heap.ts';
import { MpiLibrary } from '../../transports/mpi/mpi-library.ts';
import { MpiLink } from '../../transports/mpi/mpi-link.ts';
import type { MpiStart, WorkerMessage } from '../worker-protocol.ts';
import { lastWord, leaveTogether } from './leaving.ts';
import { checkPlace } from './mpi-place.ts';

const pollEveryMs = 1;
const framesPerPoll = 1024;

export class MpiNode {
  readonly link: MpiLink;
  readonly #mpi: MpiLibrary;
  readonly #early: Uint8Array[] = [];
  readonly #timer: NodeJS.Timeout;
  /** It is there, and has not left. */
  #pe: Pe | undefined;
  #isRunning = false;
  #hasRun = false;
  #lastWords = 0;

  /** @throws CharmError ERR_RESOURCES */
  static async open(start: MpiStart, heap: SharedHeap, tell: (message: WorkerMessage) => void): Promise<MpiNode> {
    const mpi = await MpiLibrary.open();
    checkPlace(start, mpi);
    return new MpiNode(mpi, start, heap, tell);
  }

  private constructor(
    mpi: MpiLibrary,
    { isCrowded }: MpiStart,
    heap: SharedHeap,
    tell: (message: WorkerMessage) => void,
  ) {
    this.#mpi = mpi;
    this.link = new MpiLink({
      mpi,
      heap,
      isCrowded,
      onControl: (node, text) => {
        if (text === lastWord) this.#lastWords++;
        else tell({ kind: 'control', node, text });
      },
    });
    this.#timer = setInterval(() => {
      if (!this.#isRunning && this.link.hasIncoming) this.link.poll((frame) => this.#take(frame), framesPerPoll);
    }, pollEveryMs);
    this.#timer.unref();
  }

  #take(frame: Reader): void {
    if (this.#pe !== undefined) this.#pe.receive(frame);
    else if (!this.#hasRun) this.#early.push(frame.copy());
  }

  /** The PE is there. */
  open(pe: Pe): void {
    this.#pe = pe;
    for (const bytes of this.#early.splice(0)) pe.receive(Reader.over(bytes));
  }

  /** Waits for the end of the PE's loop, which asks for itself what has come. */
  async during(running: Promise<void>): Promise<void> {
    this.#isRunning = true;
    await running;
    this.#isRunning = false;
    this.#hasRun = true;
    this.#pe = undefined;
  }

  sendControl(node: number, text: string): void {
    this.link.sendControl(node, text);
  }

  /** Ends MPI, together with all other nodes. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    const { node, nodes } = this.#mpi;
    await leaveTogether({
      node,
      nodes,
      lastWords: () => this.#lastWords,
      say: (other, text) => this.sendControl(other, text),
      poll: () => {
        if (this.link.hasIncoming) this.link.poll(() => undefined, framesPerPoll);
      },
      isDrained: () => this.link.isDrained,
    });
    this.link.close();
  }
}
