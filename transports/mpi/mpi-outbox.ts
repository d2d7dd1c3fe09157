/**
 * What goes from this node to others over MPI.
 *
 *  1. Small records gather in a chunk for each node, which `flush` sends, or being full.
 *  2. A large frame is announced by a begin record (its length, a tag, the lengths of its pieces) and follows under that tag, from
 *     where it lies. The library copies nothing until the receiver has memory for it.
 *  3. What is on its way is kept until the library is done with it.
 */
import Denque from 'denque';
import { RecordKind } from '../threads/ring.ts';
import { Chunk, Piece } from './chunk.ts';
import type { MpiLibrary } from './mpi-library.ts';

export const chunkTag = 0;
/** Tags of large frames are used in turn. MPI promises 32,767 at least. */
const tagMin = 1;
const tagMax = 30_000;
/** A frame up to this long is copied into a chunk, whatever it consists of: a message of its own would take longer. */
export const copiedBytesMax = 8192;
/** A large frame of more pieces than a begin record can tell of is copied into one. */
const piecesMax = 1024;
/** More than this under way to a node: it takes less than it is sent. */
const congestedBytes = 4 << 20;
/** So many messages may be under way before the oldest are asked about. */
const unaskedMax = 16;

class Peer {
  chunk: Chunk;
  readonly underWay = new Denque<Chunk | Piece>();
  bytes = 0;
  /** It is in the list of those with something to flush. */
  isListed = false;

  constructor(chunk: Chunk) {
    this.chunk = chunk;
  }
}

export class MpiOutbox {
  readonly #mpi: MpiLibrary;
  readonly #peers: readonly Peer[];
  readonly #free: Chunk[] = [];
  readonly #listed: number[] = [];
  #tag = tagMin;

  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
    this.#peers = Array.from({ length: mpi.nodes }, () => new Peer(new Chunk(mpi)));
  }

  /** The chunk that a record of this length fits into. The caller adds it at once. */
  chunkFor(node: number, length: number): Chunk {
    const peer = this.#peers[node]!;
    if (!peer.chunk.hasRoomFor(length)) this.#post(node, peer);
    if (!peer.isListed) {
      peer.isListed = true;
      this.#listed.push(node);
    }
    return peer.chunk;
  }

  add(node: number, kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    const chunk = this.chunkFor(node, length);
    const at = chunk.add(kind, to, from, length);
    if (length <= 64) for (let i = 0; i < length; i++) chunk.bytes[at + i] = bytes[start + i]!;
    else chunk.bytes.set(bytes.subarray(start, start + length), at);
  }

  /** A frame in segments, which stand at multiples of 8 with gaps where nothing matters; read until it is sent. */
  addLarge(node: number, to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    if (total <= copiedBytesMax) return this.#addCopy(node, to, from, segments, total);
    if (segments.length > piecesMax) return this.addLarge(node, to, from, [joined(segments, total)], total);
    const tag = this.#tag;
    this.#tag = tag === tagMax ? tagMin : tag + 1;
    const length = 4 * (3 + segments.length);
    const chunk = this.chunkFor(node, length);
    let word = chunk.add(RecordKind.begin, to, from, length) >>> 2;
    for (const value of [total, tag, segments.length]) chunk.words[word++] = value;
    for (const segment of segments) chunk.words[word++] = segment.length;
    const peer = this.#peers[node]!;
    this.#post(node, peer);
    for (const segment of segments) {
      if (segment.length === 0) continue;
      const piece = new Piece(this.#mpi, segment);
      piece.send(node, tag);
      this.#keep(peer, piece);
    }
  }

  #addCopy(node: number, to: number, from: number, segments: readonly Uint8Array[], total: number): void {
    const chunk = this.chunkFor(node, total);
    let at = chunk.add(RecordKind.frame, to, from, total);
    for (const segment of segments) {
      chunk.bytes.set(segment, at);
      at += (segment.length + 7) & ~7;
    }
  }

  flush(): void {
    for (let i = 0; i < this.#listed.length; i++) {
      const node = this.#listed[i]!;
      const peer = this.#peers[node]!;
      peer.isListed = false;
      if (!peer.chunk.isEmpty) this.#post(node, peer);
    }
    this.#listed.length = 0;
  }

  #post(node: number, peer: Peer): void {
    const { chunk } = peer;
    chunk.send(this.#mpi.node, node, chunkTag);
    this.#keep(peer, chunk);
    peer.chunk = this.#free.pop() ?? new Chunk(this.#mpi);
  }

  #keep(peer: Peer, sent: Chunk | Piece): void {
    peer.underWay.push(sent);
    peer.bytes += sent.length;
    if (peer.underWay.length > unaskedMax) this.#reclaim(peer);
  }

  /** Asks what has arrived, oldest first. */
  #reclaim(peer: Peer): void {
    for (let sent = peer.underWay.peekFront(); sent?.isDone === true; sent = peer.underWay.peekFront()) {
      peer.underWay.shift();
      peer.bytes -= sent.length;
      if (!(sent instanceof Chunk)) continue;
      sent.clear();
      this.#free.push(sent);
    }
  }

  isCongested(node: number): boolean {
    const peer = this.#peers[node]!;
    if (peer.bytes > congestedBytes) this.#reclaim(peer);
    return peer.bytes > congestedBytes;
  }

  /** True when the library is done with all that was sent. */
  get isEmpty(): boolean {
    for (const peer of this.#peers) this.#reclaim(peer);
    return this.#peers.every(({ underWay, chunk }) => underWay.isEmpty() && chunk.isEmpty);
  }
}

function joined(segments: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const segment of segments) {
    bytes.set(segment, at);
    at += (segment.length + 7) & ~7;
  }
  return bytes;
}
