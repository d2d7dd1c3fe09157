/**
 * How two node runtimes make sure that they belong to the same job, before anything else is read.
 *
 *  1. Both send a greeting: a magic word, the version of the protocol, their node's number and 32 random bytes.
 *  2. The one that has connected proves that it has the secret: HMAC-SHA-256 over a label for its role, and both greetings.
 *  3. The other one checks it, and answers with its own proof.
 *
 * The label keeps a proof from being sent back, the random bytes keep it from being used again. Whoever does not prove
 * within `timeoutMs` is hung up on, and has cost us `greetingBytes + proofBytes`.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';

const magic = 0x54344843;
export const protocolVersion = 1;
const nonceBytes = 32;
const greetingBytes = 12 + nonceBytes;
const proofBytes = 32;
const timeoutMs = 5000;

export class HandshakeError extends Error {}

/** Connected to node `peer`. Resolves when it has proved itself. @throws HandshakeError */
export async function initiate(stream: Duplex, secret: Uint8Array, node: number, peer: number): Promise<void> {
  const own = greeting(node);
  stream.write(own);
  const other = await take(stream, greetingBytes);
  const found = nodeIn(other);
  if (found !== peer) throw new HandshakeError(`node ${peer} was expected, node ${found} answered`);
  stream.write(proof(secret, 'initiator', own, other));
  check(await take(stream, proofBytes), proof(secret, 'acceptor', own, other));
}

/** Someone has connected, as node `certified` if that is known. Resolves with its node once it has proved itself. @throws HandshakeError */
export async function accept(
  stream: Duplex,
  secret: Uint8Array,
  node: number,
  certified: number | undefined,
): Promise<number> {
  const own = greeting(node);
  const other = await take(stream, greetingBytes);
  const peer = nodeIn(other);
  if (certified !== undefined && certified !== peer)
    throw new HandshakeError(`node ${peer} has the certificate of node ${certified}`);
  stream.write(own);
  check(await take(stream, proofBytes), proof(secret, 'initiator', other, own));
  stream.write(proof(secret, 'acceptor', other, own));
  return peer;
}

function greeting(node: number): Buffer {
  const bytes = Buffer.alloc(greetingBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(protocolVersion, 4);
  bytes.writeUInt32LE(node, 8);
  randomBytes(nonceBytes).copy(bytes, 12);
  return bytes;
}

function nodeIn(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== magic) throw new HandshakeError('what connected does not speak our protocol');
  const version = bytes.readUInt32LE(4);
  if (version !== protocolVersion)
    throw new HandshakeError(`the other node speaks version ${version} of the protocol, this one ${protocolVersion}`);
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
