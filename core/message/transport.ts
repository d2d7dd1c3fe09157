/**
 * What the core asks of a machine layer. Implementations live in transports/.
 *
 * Promise: frames from one PE to another arrive once, whole, and in the order sent.
 */
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';

/** A PE's connection to the other PEs. */
export interface Link {
  /**
   * Sends the sealed frame in `writer`. Never blocks: what does not fit is kept and sent by later `poll`s.
   * The frame's head is copied before this returns; attachments may be read until they are gone.
   */
  send(pe: number, writer: Writer): void;

  /** Sends a received frame on, unchanged. */
  forward(pe: number, frame: Reader): void;

  /**
   * Hands frames that have arrived to `receive`, at most `framesMax` from each PE, and pushes out what is waiting.
   * Returns how many it handed over.
   */
  poll(receive: (frame: Reader) => void, framesMax: number): number;

  /** True while so much of what this PE has sent waits to go out that it should send no more. Left out: never. */
  readonly isCongested?: boolean;
}
