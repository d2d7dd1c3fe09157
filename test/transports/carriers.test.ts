/** What every carrier must do, the same for all; a new one is here as soon as transports/index.ts has it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { identitiesOf } from '../../launch/nodes/certificates.ts';
import { carrierNames, loadCarrier } from '../../transports/index.ts';
import type { Carrier, MakeCarrier } from '../../transports/sockets/carrier.ts';
import { recordBytesMax } from '../../transports/sockets/record-stream.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import { RecordKind } from '../../transports/threads/ring.ts';
import { UdpCarrier } from '../../transports/udp/udp-carrier.ts';
import { faultySocket } from './faulty-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'charm4ts-carriers-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

interface Received {
  readonly kind: number;
  readonly to: number;
  readonly from: number;
  readonly bytes: Buffer;
}

/** One node's end, with what it has received and lost. */
class End {
  readonly received: Received[] = [];
  /** Of all that it has received. */
  bytes = 0;
  readonly lost: string[] = [];
  readonly mesh: SocketMesh;
  #changed: () => void = () => undefined;

  constructor(node: number, nodes: number, carrier: Carrier, secret: Uint8Array) {
    const events = {
      received: (kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number) => {
        this.#add({ kind, to, from, bytes: Buffer.from(bytes.subarray(start, start + length)) });
        this.#changed();
      },
      lost: (other: number, why: string) => {
        this.lost.push(`${other}: ${why}`);
        this.#changed();
      },
    };
    this.mesh = new SocketMesh({ node, nodes, secret, carrier, events });
  }

  /** A part may come as several shorter ones. */
  #add(record: Received): void {
    const last = this.received.at(-1);
    const { kind, to, from, bytes } = record;
    this.bytes += bytes.length;
    if (kind !== RecordKind.part || last?.kind !== kind || last.to !== to || last.from !== from)
      this.received.push(record);
    else this.received[this.received.length - 1] = { ...record, bytes: Buffer.concat([last.bytes, bytes]) };
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

const seed = Number(process.env.CHARM4TS_SEED ?? Date.now() % 1e6);
const weather = { loss: 0.1, double: 0.1, delay: 0.2 };
const faulty: MakeCarrier = (options) => new UdpCarrier(options, faultySocket(seed + options.node, weather));
const identities = await identitiesOf({ nodes: 3, transport: 'tcp', tls: true });
const shipped = new Map<string, MakeCarrier>();
for (const name of carrierNames) shipped.set(name, await loadCarrier(name));
function withTls(name: string): MakeCarrier {
  return (options) => shipped.get(name)!({ ...options, tls: identities[options.node] });
}
const makers = new Map<string, MakeCarrier>([
  ...shipped,
  ['tcp with TLS', withTls('tcp')],
  ['ws with TLS', withTls('ws')],
  [`udp over a faulty network, CHARM4TS_SEED=${seed}`, faulty],
]);

function carrierOf(name: string, node: number, secret: Uint8Array): Carrier {
  // A folder of its own for each test, whose nodes have the same numbers.
  return makers.get(name)!({ node, secret, folder: mkdtempSync(join(folder, `${made++}-`)), host: '127.0.0.1' });
}

async function connected(name: string, nodes: number): Promise<End[]> {
  const secret = randomBytes(32);
  const ends = Array.from({ length: nodes }, (_, node) => new End(node, nodes, carrierOf(name, node, secret), secret));
  const addresses = await Promise.all(ends.map((end) => end.mesh.listen()));
  await Promise.all(ends.map((end) => end.mesh.connect(addresses)));
  return ends;
}

function close(ends: readonly End[]): void {
  for (const { mesh } of ends) mesh.close();
}

for (const name of makers.keys()) {
  describe(`the carrier ${name}`, { timeout: 120_000 }, () => {
    it('brings records of every length, in order, both ways at once', async () => {
      const ends = await connected(name, 2);
      const lengths = [0, 1, 7, 8, 64, 65, 1000, 65_523, 65_524, 65_525, 65_536, 300_000, recordBytesMax];
      const records = Array.from({ length: 4 * lengths.length }, (_, i) => randomBytes(lengths[i % lengths.length]!));
      const total = records.reduce((sum, { length }) => sum + length, 0);
      for (const [node, { mesh }] of ends.entries()) {
        for (const [i, bytes] of records.entries()) mesh.send(1 - node, i % 4, i, node, bytes, 0, bytes.length);
        mesh.flush();
      }
      for (const [node, end] of ends.entries()) {
        await end.until(() => end.received.length === records.length && end.bytes === total);
        for (const [i, { kind, to, from, bytes }] of end.received.entries()) {
          assert.deepEqual({ kind, to, from }, { kind: i % 4, to: i, from: 1 - node });
          assert.ok(bytes.equals(records[i]!), `record ${i}`);
        }
      }
      close(ends);
      assert.deepEqual(
        ends.flatMap(({ lost }) => lost),
        [],
      );
    });

    it('brings 10,000 small records in order between each two of three nodes', async () => {
      const ends = await connected(name, 3);
      const count = 10_000;
      const bytes = Buffer.alloc(8);
      for (let i = 0; i < count; i++) {
        bytes.writeUInt32LE(i);
        for (const [node, { mesh }] of ends.entries())
          for (let other = 0; other < 3; other++) if (other !== node) mesh.send(other, 0, other, node, bytes, 0, 8);
      }
      for (const { mesh } of ends) mesh.flush();
      for (const [node, end] of ends.entries()) {
        await end.until(() => end.received.length === 2 * count);
        for (let other = 0; other < 3; other++) {
          const numbers = end.received
            .filter(({ from }) => from === other)
            .map((record) => record.bytes.readUInt32LE());
          assert.deepEqual(numbers, other === node ? [] : Array.from({ length: count }, (_, i) => i));
        }
      }
      close(ends);
    });

    it('brings nothing while it is paused, says that it is congested, and goes on', async () => {
      const ends = await connected(name, 2);
      const [a, b] = ends as [End, End];
      b.mesh.setPaused(true);
      const bytes = randomBytes(65_536);
      let sent = 0;
      while (!a.mesh.isCongested(1)) {
        a.mesh.send(1, 0, 0, 0, bytes, 0, bytes.length);
        a.mesh.flush();
        // What the system takes, it takes now.
        if (++sent % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
        assert.ok(sent < 4096, '256 MiB are under way, and it is not congested');
      }
      assert.equal(b.received.length, 0);
      b.mesh.setPaused(false);
      await b.until(() => b.received.length === sent);
      close(ends);
    });

    it('brings what was sent before its sender closes, and then says once that it is lost', async () => {
      const [a, b] = (await connected(name, 2)) as [End, End];
      const bytes = randomBytes(100);
      for (let i = 0; i < 100; i++) a.mesh.send(1, 0, 0, 0, bytes, 0, bytes.length);
      a.mesh.flush();
      await b.until(() => b.received.length === 100);
      a.mesh.close();
      await b.until(() => b.lost.length > 0);
      assert.equal(b.lost.length, 1);
      assert.match(b.lost[0]!, /^0: /);
      b.mesh.close();
      assert.deepEqual(a.lost, []);
    });

    it('says why a node can not be reached', async () => {
      const secret = randomBytes(32);
      const gone = new End(0, 2, carrierOf(name, 0, secret), secret);
      const address = await gone.mesh.listen();
      gone.mesh.close();
      const end = new End(1, 2, carrierOf(name, 1, secret), secret);
      await assert.rejects(
        end.mesh.connect([address, '']),
        new RegExp(`^Error: node 0 at ${address.replaceAll('.', '\\.')}: `),
      );
      end.mesh.close();
    });

    it('lets nobody in who does not have the secret, and waits on for those who have', async () => {
      const secret = randomBytes(32);
      const a = new End(0, 2, carrierOf(name, 0, secret), secret);
      const address = await a.mesh.listen();
      const waiting = a.mesh.connect([address, '']);
      const other = randomBytes(32);
      const stranger = new End(1, 2, carrierOf(name, 1, other), other);
      await assert.rejects(stranger.mesh.connect([address, '']), /node 0 at .*: /);
      const friend = new End(1, 2, carrierOf(name, 1, secret), secret);
      await friend.mesh.connect([address, '']);
      await waiting;
      close([a, stranger, friend]);
    });

    it('hangs up on whoever talks something else, or sends it the wrong way round', async () => {
      const secret = randomBytes(32);
      const a = new End(0, 2, carrierOf(name, 0, secret), secret);
      const address = await a.mesh.listen();
      const opener = carrierOf(name, 1, secret);
      for (const words of [randomBytes(76), Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(5)), Buffer.alloc(44, 1)]) {
        const { stream } = opener.connect(address);
        const ended = new Promise<void>((resolve) => {
          stream
            .on('error', () => undefined)
            .on('end', () => resolve())
            .on('close', () => resolve());
        });
        stream.resume();
        stream.write(words);
        await ended;
      }
      a.mesh.close();
    });
  });
}
