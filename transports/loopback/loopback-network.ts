/**
 * Links between PEs of one thread: every frame is copied into memory of its own, so PEs share nothing, exactly as
 * if they were far apart.
 */
import Denque from 'denque';
import type { Link } from '../../core/message/transport.ts';
import { Reader } from '../../core/pup/reader.ts';

export class LoopbackNetwork {
  readonly #inboxes: Denque<Uint8Array>[] = [];
  readonly #onSend: (to: number) => void;
  readonly #pesPerNode: number;
  /** Frames sent so far, and how many of them went to another node. */
  frames = 0;
  framesBetweenNodes = 0;

  /** `onSend` hears of every frame, so that a driver knows which PEs have something to do. */
  constructor(pes: number, pesPerNode: number, onSend: (to: number) => void) {
    for (let pe = 0; pe < pes; pe++) this.#inboxes.push(new Denque<Uint8Array>());
    this.#pesPerNode = pesPerNode;
    this.#onSend = onSend;
  }

  link(pe: number): Link {
    const inbox = this.#inboxes[pe]!;
    const node = Math.floor(pe / this.#pesPerNode);
    const deliver = (to: number, frame: Uint8Array): void => {
      this.frames++;
      if (Math.floor(to / this.#pesPerNode) !== node) this.framesBetweenNodes++;
      this.#inboxes[to]!.push(frame);
      this.#onSend(to);
    };
    return {
      send: (to, writer) => deliver(to, writer.copyFrame()),
      forward: (to, frame) => deliver(to, frame.copy()),
      poll: (receive, framesMax) => drain(inbox, receive, framesMax),
    };
  }

  hasFrames(pe: number): boolean {
    return this.#inboxes[pe]!.length > 0;
  }
}

function drain(inbox: Denque<Uint8Array>, receive: (frame: Reader) => void, framesMax: number): number {
  let count = 0;
  while (count < framesMax) {
    const bytes = inbox.shift();
    if (bytes === undefined) break;
    receive(Reader.over(bytes));
    count++;
  }
  return count;
}
