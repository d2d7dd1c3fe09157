/**
 * The strips of one rank of the MPI version: consecutive ones, as even a share as there is. Each command goes
 *
 *   1. `begin`, on each strip;
 *   2. boundary rows: inside the rank by copying; to the ranks above and below by a blocking send, into a receive that was posted one
 *      command ahead, so that no send has to wait;
 *   3. `finish`, and the shares are gathered at rank 0 in the order of the strips.
 */
import type { MPI, Request } from 'charm4ts/ampi';
import type { Device } from './device-file.ts';
import { begin, boundaryRow, type Command, finish, isExchanging, receiveRow, type Share, type Side } from './step.ts';
import { createStrip, type Strip } from './strip.ts';

/** Vectors whose rows a command exchanges, at most. */
const vectorsMax = 3;
const tags = { above: 1, below: 2 } as const;

interface Posted {
  readonly buffer: Float64Array;
  request: Request;
}

export class RankStrips {
  readonly strips: readonly Strip[];
  readonly #mpi: MPI;
  readonly #posted: Partial<Record<Side, Posted>> = {};

  constructor(mpi: MPI, device: Device) {
    if (mpi.size > device.strips)
      throw new Error(
        `${mpi.size} ranks share ${device.strips} strips: give at most --vp ${device.strips}, or more --strips`,
      );
    const bound = (rank: number): number => Math.floor((rank * device.strips) / mpi.size);
    const first = bound(mpi.rank);
    this.strips = Array.from({ length: bound(mpi.rank + 1) - first }, (_, i) => createStrip(device, first + i));
    this.#mpi = mpi;
    for (const side of ['above', 'below'] as const) if (this.#rankOn(side) !== undefined) this.#post(side);
  }

  /** Carries out a command. The shares of all strips at rank 0, none elsewhere. */
  async run(command: Command): Promise<Share[]> {
    for (const strip of this.strips) begin(strip, command);
    if (isExchanging(command)) await this.#exchange(command);
    return this.#gather(this.strips.map((strip) => finish(strip, command)));
  }

  /** Nothing will be received any more. */
  async end(): Promise<void> {
    for (const { request } of Object.values(this.#posted)) {
      request.cancel();
      await request.wait();
    }
  }

  async #exchange(command: Command): Promise<void> {
    const { strips } = this;
    for (let i = 1; i < strips.length; i++) {
      receiveRow(strips[i]!, command, 'above', boundaryRow(strips[i - 1]!, command, 'below'));
      receiveRow(strips[i - 1]!, command, 'below', boundaryRow(strips[i]!, command, 'above'));
    }
    for (const side of ['above', 'below'] as const) {
      const rank = this.#rankOn(side);
      // The neighbour receives it from the other side.
      const tag = tags[side === 'above' ? 'below' : 'above'];
      if (rank !== undefined) await this.#mpi.world.send(boundaryRow(this.#outermost(side), command, side), rank, tag);
    }
    for (const side of ['above', 'below'] as const) await this.#receive(command, side);
  }

  async #receive(command: Command, side: Side): Promise<void> {
    const posted = this.#posted[side];
    if (posted === undefined) return;
    const { bytes } = await posted.request.wait();
    const row = posted.buffer.subarray(0, bytes / posted.buffer.BYTES_PER_ELEMENT);
    receiveRow(this.#outermost(side), command, side, row);
    this.#post(side);
  }

  #post(side: Side): void {
    const buffer = this.#posted[side]?.buffer ?? new Float64Array(vectorsMax * this.strips[0]!.columns);
    this.#posted[side] = { buffer, request: this.#mpi.world.irecv(buffer, this.#rankOn(side)!, tags[side]) };
  }

  #outermost(side: Side): Strip {
    return side === 'above' ? this.strips[0]! : this.strips.at(-1)!;
  }

  #rankOn(side: Side): number | undefined {
    const rank = this.#mpi.rank + (side === 'above' ? -1 : 1);
    return rank < 0 || rank >= this.#mpi.size ? undefined : rank;
  }

  /** Shares may differ in length, so their lengths go first. */
  async #gather(shares: readonly Share[]): Promise<Share[]> {
    const { world, rank, size } = this.#mpi;
    const total = this.strips[0]!.strips;
    const counts = Int32Array.from(
      { length: size },
      (_, r) => Math.floor(((r + 1) * total) / size) - Math.floor((r * total) / size),
    );
    const lengths = new Int32Array(rank === 0 ? total : 0);
    const mine = Int32Array.from(shares, (share) => share.length);
    await world.gatherv(mine, rank === 0 ? lengths : null, counts, null, 0);
    const values = new Float64Array(mine.reduce((sum, n) => sum + n, 0));
    let at = 0;
    for (const share of shares) {
      values.set(share, at);
      at += share.length;
    }
    if (rank !== 0) {
      await world.gatherv(values, null, null, null, 0);
      return [];
    }
    const perRank = partsOf(lengths, counts).map((part) => part.reduce((sum, n) => sum + n, 0));
    const all = new Float64Array(perRank.reduce((sum, n) => sum + n, 0));
    await world.gatherv(values, all, perRank, null, 0);
    return partsOf(all, lengths);
  }
}

/** Cuts an array into copies of its parts, one after the other. */
function partsOf<T extends Int32Array | Float64Array>(values: T, lengths: Iterable<number>): T[] {
  const parts: T[] = [];
  let start = 0;
  for (const length of lengths) {
    parts.push(values.slice(start, start + length) as T);
    start += length;
  }
  return parts;
}
