/**
 * How two node runtimes make sure that they belong to the same job, before anything else is read.
 *
 *  1. Both send a greeting: a magic word, the version of the protocol, their node's number, 32 random bytes and a text: what
 *     they are, as far as it must be the same.
 *  2. The one that has connected proves that it has the secret: HMAC-SHA-256 over a label for its role, and both greetings.
 *  3. The other one checks it, and answers with its own proof.
 *  4. Who knows that the other is of this job compares the two texts. If they differ they do not go on; the error has both.
 *
 * The label keeps a proof from being sent back, the random bytes keep it from being used again. Whoever does not prove
 * within `timeoutMs` is hung up on, and has cost us `greetingBytes + proofBytes`.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';

const magic = 0x54344843;
export const protocolVersion = 2;
/** Magic word and version: the same in all versions. */
const headBytes = 8;
const nonceBytes = 32;
/** Of UTF-8, filled up with zeros. */
export const identityBytes = 128;
const greetingBytes = 12 + nonceBytes + identityBytes;
const proofBytes = 32;
const timeoutMs = 5000;

export class HandshakeError extends Error {}

/** This node, to others. */
export interface Introduction {
  readonly node: number;
  readonly secret: Uint8Array;
  /** Must be the same on all nodes, and is what people are told of the difference. */
  readonly identity: string;
}

/** Connected to node `peer`. Resolves when it has proved itself. @throws HandshakeError */
export async function initiate(stream: Duplex, self: Introduction, peer: number): Promise<void> {
  const { secret } = self;
  const own = greeting(self);
  stream.write(own);
  const other = await takeGreeting(stream);
  const found = nodeIn(other);
  if (found !== peer) throw new HandshakeError(`node ${peer} was expected, node ${found} answered`);
  stream.write(proof(secret, 'initiator', own, other));
  check(await take(stream, proofBytes), proof(secret, 'acceptor', own, other));
  compare(self, own, peer, other);
}

/** Someone has connected, as node `certified` if that is known. Resolves with its node once it has proved itself. @throws HandshakeError */
export async function accept(stream: Duplex, self: Introduction, certified?: number): Promise<number> {
  const { secret } = self;
  const own = greeting(self);
  // Of another version it is told ours, to say so to its people.
  const other = await takeGreeting(stream, () => stream.write(own));
  const peer = nodeIn(other);
  if (certified !== undefined && certified !== peer)
    throw new HandshakeError(`node ${peer} has the certificate of node ${certified}`);
  check(await take(stream, proofBytes), proof(secret, 'initiator', other, own));
  stream.write(proof(secret, 'acceptor', other, own));
  compare(self, own, peer, other);
  return peer;
}

function greeting({ node, identity }: Introduction): Buffer {
  const bytes = Buffer.alloc(greetingBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(protocolVersion, 4);
  bytes.writeUInt32LE(node, 8);
  randomBytes(nonceBytes).copy(bytes, 12);
  bytes.write(identity, 12 + nonceBytes, identityBytes, 'utf8');
  return bytes;
}

/** Calls `begun` when the other side speaks our protocol, of whatever version. */
async function takeGreeting(stream: Duplex, begun?: () => void): Promise<Buffer> {
  const head = await take(stream, headBytes);
  if (head.readUInt32LE(0) !== magic) throw new HandshakeError('what connected does not speak our protocol');
  begun?.();
  const version = head.readUInt32LE(4);
  if (version !== protocolVersion)
    throw new HandshakeError(`the other node speaks version ${version} of the protocol, this one ${protocolVersion}`);
  return Buffer.concat([head, await take(stream, greetingBytes - headBytes)]);
}

/** Only after the proofs: a stranger's text is shown to nobody. */
function compare(self: Introduction, own: Buffer, peer: number, other: Buffer): void {
  const [mine, its] = [own, other].map((bytes) => bytes.subarray(12 + nonceBytes));
  if (mine!.equals(its!)) return;
  const text = its!.toString('utf8').replaceAll(/[^\x20-\x7e]+/g, '');
  throw new HandshakeError(`node ${self.node} is ${self.identity}; node ${peer} is ${text}`);
}

function nodeIn(bytes: Buffer): number {
  return bytes.readUInt32LE(8);
}

function proof(secret: Uint8Array, role: 'initiator' | 'acceptor', initiator: Buffer, acceptor: Buffer): Buffer {
  return createHmac('sha256', secret).update(`charm4ts ${role}`).update(initiator).update(acceptor).digest();
}

function check(found: Buffer, expected: Buffer): void {
  if (!timingSafeEqual(found, expected)) throw new HandshakeError('it does not have the secret of this job');
}

/** The next bytes of a paused stream; what comes behind them stays there. */
function take(stream: Duplex, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(new HandshakeError(`nothing came within ${timeoutMs / 1000} s`)), timeoutMs);
    const onReadable = (): void => {
      const bytes = stream.read(count) as Buffer | null;
      if (bytes === null) return;
      if (bytes.length < count) done(new HandshakeError('the connection was closed'));
      else done(undefined, bytes);
    };
    const onClose = (): void => done(new HandshakeError('the connection was closed'));
    const onError = (error: Error): void => done(new HandshakeError(error.message));
    const done = (error: Error | undefined, bytes?: Buffer): void => {
      clearTimeout(timer);
      stream.off('readable', onReadable).off('close', onClose).off('end', onClose).off('error', onError);
      if (bytes === undefined) reject(error!);
      else resolve(bytes);
    };
    stream.on('readable', onReadable).on('close', onClose).on('end', onClose).on('error', onError);
    onReadable();
  });
}
