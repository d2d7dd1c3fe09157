/**
 * A packet of the reliable protocol: 48 bytes of header, and the frame or a part of one. Little endian.
 *
 *     0  u32  CRC-32 of all that follows
 *     4  u8   kind: data, word (acknowledgement without data), probe (asks for a word), refusal
 *     5  u8   1: the frame goes on in the next packet
 *     6  u16  packets that the sender of this can take in, from the cumulative acknowledgement on
 *     8  u32  nonce of the sender's incarnation; 12 u32 that of the receiver, as the sender knows it
 *     16 u32  sequence number, of data
 *     20 u32  cumulative acknowledgement: the number that is expected next
 *     24 4 x u32  selective acknowledgement: bit i is for the packet i + 1 behind it
 *     40 u32  CRC-32 of the payload, which the first CRC covers by way of this
 *     44 u32  length of the payload
 *     48      payload
 *
 * The payload's own CRC is computed once, however often the packet is sent with newer acknowledgements. Where packets are
 * sealed below, as UDP's are, both are 0 and nobody looks.
 */
import type { FrameMemory } from '../../core/pup/frame-memory.ts';
import { crc32 } from './crc32.ts';

export const packetHeaderBytes = 48;
/** Packets under way at most: what the selective acknowledgement can name. */
export const windowPackets = 128;
export const selectiveWords = windowPackets / 32;

/** Values are the wire. */
export const PacketKind = { data: 1, word: 2, probe: 3, refusal: 4 } as const;

const crcCovers = 4;
const payloadCrcOffset = 40;
export const sequenceOffset = 16;

/** What a packet says besides its data. */
export interface PacketHead {
  readonly kind: number;
  readonly isPart: boolean;
  readonly room: number;
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly expected: number;
}

/** The fields that stay the same however often a packet of data is sent; its payload lies behind the header already. */
export function prepareData(
  memory: FrameMemory,
  offset: number,
  payloadBytes: number,
  isPart: boolean,
  isSealed: boolean,
): void {
  const { view } = memory;
  view.setUint8(offset + 4, PacketKind.data);
  view.setUint8(offset + 5, isPart ? 1 : 0);
  const sum = isSealed ? 0 : crc32(memory, offset + packetHeaderBytes, payloadBytes);
  view.setUint32(offset + payloadCrcOffset, sum, true);
  view.setUint32(offset + payloadCrcOffset + 4, payloadBytes, true);
}

/** Makes a packet without payload. */
export function prepareWord(memory: FrameMemory, offset: number, kind: number): void {
  const { words } = memory;
  for (let i = offset >> 2; i < (offset + packetHeaderBytes) >> 2; i++) words[i] = 0;
  memory.view.setUint8(offset + 4, kind);
}

/** Writes what changes each time a packet is sent, and its CRC. */
export function seal(
  memory: FrameMemory,
  offset: number,
  from: number,
  to: number,
  room: number,
  expected: number,
  selective: Int32Array,
  isSealed: boolean,
): void {
  const { view, words } = memory;
  view.setUint16(offset + 6, room, true);
  const first = offset >> 2;
  words[first + 2] = from;
  words[first + 3] = to;
  words[first + 5] = expected;
  for (let i = 0; i < selectiveWords; i++) words[first + 6 + i] = selective[i]!;
  words[first] = isSealed ? 0 : crc32(memory, offset + crcCovers, packetHeaderBytes - crcCovers);
}

/** The packet that fills these bytes (from a multiple of 8) is whole and unchanged. */
export function isIntact(memory: FrameMemory, offset: number, bytes: number, isSealed: boolean): boolean {
  if (bytes < packetHeaderBytes) return false;
  const { view } = memory;
  if (isSealed) return view.getUint32(offset + payloadCrcOffset + 4, true) === bytes - packetHeaderBytes;
  if (view.getUint32(offset, true) !== crc32(memory, offset + crcCovers, packetHeaderBytes - crcCovers)) return false;
  const payloadBytes = view.getUint32(offset + payloadCrcOffset + 4, true);
  if (payloadBytes !== bytes - packetHeaderBytes) return false;
  return (
    payloadBytes === 0 ||
    view.getUint32(offset + payloadCrcOffset, true) === crc32(memory, offset + packetHeaderBytes, payloadBytes)
  );
}
