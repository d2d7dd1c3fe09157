/**
 * Datagrams that only nodes of this job can make, and only the one they are for can read. Little endian.
 *
 *     hello    u8 1, u8 version, u16 0, u32 session of the sender, 32 random bytes, 32 proof
 *     welcome  u8 2, u8 version, u16 0, u32 session of the one that said hello, u32 session of the sender, u32 0, 32 random bytes, 32 proof
 *     data     u8 3, 3 x 0, u32 session of the receiver, u64 number, then AES-256-GCM of the content, 16 bytes tag
 *
 *  1. A proof is HMAC-SHA-256 with the job's secret over a label and all that was said before.
 *  2. From the secret and the random bytes of both sides comes a key for each direction. The number of a datagram is its
 *     nonce, and is never used twice with a key.
 *  3. A datagram far behind the newest one is dropped; doubles within that are the reliable channel's to find.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const DatagramKind = { hello: 1, welcome: 2, data: 3 } as const;
const version = 1;
const nonceBytes = 32;
const proofBytes = 32;
const dataHeadBytes = 16;
const tagBytes = 16;
export const sealBytes = dataHeadBytes + tagBytes;
const helloBytes = 8 + nonceBytes + proofBytes;
const welcomeBytes = 16 + nonceBytes + proofBytes;
/** A datagram that so many later ones have overtaken is not ours any more. */
const lateMax = 1 << 16;

export function makeHello(secret: Uint8Array, session: number): Buffer {
  const said = Buffer.alloc(8);
  said.writeUInt8(DatagramKind.hello, 0);
  said.writeUInt8(version, 1);
  said.writeUInt32LE(session, 4);
  return withProof(secret, 'hello', [], Buffer.concat([said, randomBytes(nonceBytes)]));
}

export function isHello(secret: Uint8Array, bytes: Buffer): boolean {
  return bytes.length === helloBytes && bytes[1] === version && isProved(secret, 'hello', [], bytes);
}

export function makeWelcome(secret: Uint8Array, hello: Buffer, session: number): Buffer {
  const said = Buffer.alloc(16);
  said.writeUInt8(DatagramKind.welcome, 0);
  said.writeUInt8(version, 1);
  hello.copy(said, 4, 4, 8);
  said.writeUInt32LE(session, 8);
  return withProof(secret, 'welcome', [hello], Buffer.concat([said, randomBytes(nonceBytes)]));
}

export function isWelcome(secret: Uint8Array, hello: Buffer, bytes: Buffer): boolean {
  return bytes.length === welcomeBytes && bytes[1] === version && isProved(secret, 'welcome', [hello], bytes);
}

function proof(secret: Uint8Array, label: string, before: readonly Buffer[], said: Uint8Array): Buffer {
  const hmac = createHmac('sha256', secret).update(`charm4ts udp ${label}`);
  for (const bytes of before) hmac.update(bytes);
  return hmac.update(said).digest();
}

function withProof(secret: Uint8Array, label: string, before: readonly Buffer[], said: Buffer): Buffer {
  return Buffer.concat([said, proof(secret, label, before, said)]);
}

function isProved(secret: Uint8Array, label: string, before: readonly Buffer[], bytes: Buffer): boolean {
  const end = bytes.length - proofBytes;
  return timingSafeEqual(bytes.subarray(end), proof(secret, label, before, bytes.subarray(0, end)));
}

/** Seals and opens the data of one session. */
export class Seal {
  readonly #outKey: Buffer;
  readonly #inKey: Buffer;
  readonly #peerSession: number;
  readonly #nonce = Buffer.alloc(12);
  #sent = 0;
  #newest = -1;

  /** `isCaller`: this side has said hello. */
  constructor(secret: Uint8Array, hello: Buffer, welcome: Buffer, isCaller: boolean) {
    const key = (label: string): Buffer => proof(secret, label, [hello], welcome);
    const [out, back] = isCaller ? ['to the listener', 'to the caller'] : ['to the caller', 'to the listener'];
    this.#outKey = key(out);
    this.#inKey = key(back);
    this.#peerSession = isCaller ? welcome.readUInt32LE(8) : hello.readUInt32LE(4);
  }

  /** The pieces of a datagram with this content. */
  close(content: Uint8Array): Uint8Array[] {
    const head = Buffer.allocUnsafe(dataHeadBytes);
    head.writeUInt32LE(DatagramKind.data, 0);
    head.writeUInt32LE(this.#peerSession, 4);
    writeNumber(head, 8, this.#sent++);
    head.copy(this.#nonce, 4, 8);
    const cipher = createCipheriv('aes-256-gcm', this.#outKey, this.#nonce).setAAD(head);
    const sealed = cipher.update(content);
    cipher.final();
    return [head, sealed, cipher.getAuthTag()];
  }

  /** The content of a datagram of data; undefined if it is not from the peer, was changed, or is much too old. */
  open(datagram: Buffer): Buffer | undefined {
    if (datagram.length < sealBytes) return undefined;
    const number = datagram.readUInt32LE(8) + datagram.readUInt32LE(12) * 2 ** 32;
    if (number <= this.#newest - lateMax) return undefined;
    datagram.copy(this.#nonce, 4, 8, dataHeadBytes);
    const end = datagram.length - tagBytes;
    const decipher = createDecipheriv('aes-256-gcm', this.#inKey, this.#nonce, { authTagLength: tagBytes })
      .setAAD(datagram.subarray(0, dataHeadBytes))
      .setAuthTag(datagram.subarray(end));
    const content = decipher.update(datagram.subarray(dataHeadBytes, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    if (number > this.#newest) this.#newest = number;
    return content;
  }
}

function writeNumber(target: Buffer, at: number, number: number): void {
  target.writeUInt32LE(number >>> 0, at);
  target.writeUInt32LE(Math.floor(number / 2 ** 32), at + 4);
}
