/** Who gets through the handshake of two nodes, and who does not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { accept, HandshakeError, type Introduction, initiate } from '../../transports/sockets/handshake.ts';
import { check } from '../support/property.ts';

type Change = (bytes: Buffer, from: 'initiator' | 'acceptor') => Buffer;

/** Two ends of a stream. What is written to one is read at the other, as `change` makes it; after less than that it is closed. */
function pair(change: Change = (bytes) => bytes): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (i: number): Duplex =>
    new Duplex({
      read() {},
      write(bytes: Buffer, _, done) {
        const changed = change(bytes, i === 0 ? 'initiator' : 'acceptor');
        if (changed.length > 0) ends[1 - i]!.push(changed);
        if (changed.length < bytes.length) ends[1 - i]!.push(null);
        done();
      },
      destroy(error, done) {
        ends[1 - i]!.push(null);
        done(error);
      },
    });
  ends.push(end(0), end(1));
  for (const stream of ends) stream.on('error', () => undefined);
  return [ends[0]!, ends[1]!];
}

const secret = randomBytes(32);
const node = (number: number, changed: Partial<Introduction> = {}): Introduction => ({
  node: number,
  secret,
  identity: 'charm4ts 1.2.3, frames 1',
  ...changed,
});

/** Both sides' outcome: the peer's number, or the error. An end that fails hangs up, as the mesh does. */
async function shake(one: Introduction, other: Introduction, change?: Change): Promise<(number | Error)[]> {
  const [a, b] = pair(change);
  const orHangUp = async (stream: Duplex, work: Promise<number>): Promise<number | Error> =>
    work.catch((error: Error) => {
      stream.destroy();
      return error;
    });
  return Promise.all([
    orHangUp(
      a,
      initiate(a, one, other.node).then(() => other.node),
    ),
    orHangUp(b, accept(b, other)),
  ]);
}

function assertRefused(outcome: readonly (number | Error)[], ...patterns: readonly RegExp[]): void {
  for (const one of outcome) assert(one instanceof HandshakeError, `one side was content: ${String(one)}`);
  const text = outcome.map(String).join('\n');
  for (const pattern of patterns) assert.match(text, pattern);
}

describe('a handshake', () => {
  it('tells both sides who the other is', async () => {
    assert.deepEqual(await shake(node(1), node(0)), [0, 1]);
  });

  it('fails without the secret', async () => {
    assertRefused(await shake(node(1, { secret: randomBytes(32) }), node(0)));
  });

  it('fails for a node that is another one than was expected', async () => {
    const [a, b] = pair();
    const failed = initiate(a, node(2), 0);
    const accepted = accept(b, node(1)).catch((error: Error) => error);
    await assert.rejects(failed, /node 0 was expected, node 1 answered/);
    a.destroy();
    assert((await accepted) instanceof HandshakeError);
  });

  it('fails between versions of charm4ts, and says which node has which', async () => {
    assertRefused(
      await shake(node(1), node(0, { identity: 'charm4ts 1.2.4, frames 1' })),
      /node 1 is charm4ts 1\.2\.3, frames 1; node 0 is charm4ts 1\.2\.4, frames 1/,
    );
  });

  it('fails between versions of the protocol, and says which', async () => {
    const older: Change = (bytes, from) => {
      if (from === 'acceptor' && bytes.readUInt32LE(0) === 0x54344843) bytes.writeUInt32LE(1, 4);
      return bytes;
    };
    const [initiator] = await shake(node(1), node(0), older);
    assert.match(String(initiator), /the other node speaks version 1 of the protocol, this one \d/);
  });

  it('fails when any bit of it is flipped', async () => {
    await check(fc.tuple(fc.nat(407), fc.nat(7)), async ([at, bit]) => {
      let seen = 0;
      const outcome = await shake(node(1), node(0), (bytes) => {
        const changed = Buffer.from(bytes);
        if (at >= seen && at < seen + bytes.length) changed[at - seen]! ^= 1 << bit;
        seen += bytes.length;
        return changed;
      });
      // The last bytes are the acceptor's proof: it is content already, and the initiator hangs up.
      assert(outcome.some((one) => one instanceof HandshakeError));
      if (at < 376) assertRefused(outcome);
    });
  });

  it('fails when it is cut anywhere', async () => {
    await check(fc.nat(407), async (limit) => {
      let left = limit;
      const outcome = await shake(node(1), node(0), (bytes) => {
        const cut = bytes.subarray(0, left);
        left -= cut.length;
        return Buffer.from(cut);
      });
      assert(outcome.some((one) => one instanceof HandshakeError));
    });
  });

  it('can not be replayed', async () => {
    const written: Buffer[] = [];
    await shake(node(1), node(0), (bytes, from) => {
      if (from === 'initiator') written.push(Buffer.from(bytes));
      return bytes;
    });
    const [a, b] = pair();
    const accepted = accept(b, node(0));
    for (const bytes of written) a.write(bytes);
    await assert.rejects(accepted, /does not have the secret/);
  });

  it('can not be passed by sending back what the other side says', async () => {
    const [a, b] = pair();
    const accepted = accept(b, node(0));
    // Says its own greeting first, then everything that it hears.
    const [c, d] = pair();
    void initiate(c, node(1, { secret: randomBytes(32) }), 0).catch(() => undefined);
    d.once('readable', () => a.write(d.read()));
    a.on('data', (bytes: Buffer) => a.write(bytes));
    await assert.rejects(accepted, HandshakeError);
    c.destroy();
  });

  it('never shows what a stranger has said', async () => {
    const [a, b] = pair();
    const accepted = accept(b, node(0)).catch((error: Error) => error);
    a.write(
      Buffer.concat([
        Buffer.from('CH4T'),
        Buffer.from([2, 0, 0, 0]),
        Buffer.alloc(4),
        Buffer.alloc(160, 'X'),
        randomBytes(32),
      ]),
    );
    assert.doesNotMatch(String(await accepted), /X/);
  });
});
