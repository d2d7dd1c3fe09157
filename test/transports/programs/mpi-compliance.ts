/**
 * What every transport must do (see carriers.test.ts), asked of MPI: run by mpirun, without a runtime. Each process prints a line for
 * what it has checked, or fails.
 */
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MpiLibrary } from '../../../transports/mpi/mpi-library.ts';
import { controlPe, MpiTransport } from '../../../transports/mpi/mpi-transport.ts';

interface Received {
  readonly kind: number;
  readonly to: number;
  readonly from: number;
  readonly bytes: Buffer;
}

let received: Received[] = [];
const control: string[] = [];
const mpi = await MpiLibrary.open();
const transport = new MpiTransport(mpi, {
  received: (kind, to, from, bytes, start, length) => {
    received.push({ kind, to, from, bytes: Buffer.from(bytes.subarray(start, start + length)) });
  },
  control: (node, text) => {
    control.push(`${node}: ${text}`);
  },
});
const others = Array.from({ length: mpi.nodes }, (_, node) => node).filter((node) => node !== mpi.node);
const next = (mpi.node + 1) % mpi.nodes;
const previous = (mpi.node + mpi.nodes - 1) % mpi.nodes;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (!transport.poll()) await new Promise((resolve) => setImmediate(resolve));
  }
}

function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) + seed * 7) & 255;
  return bytes;
}

async function barrier(name: string): Promise<void> {
  for (const node of others) transport.sendControl(node, name);
  await until(() => control.filter((text) => text.endsWith(`: ${name}`)).length === others.length);
}

/** All have come so far; nobody goes on before all have forgotten what came. */
async function together(what: string): Promise<void> {
  await barrier(what);
  console.log(`node ${mpi.node}: ${what}`);
  received = [];
  await barrier(`behind ${what}`);
}

const lengths = [0, 1, 7, 8, 64, 65, 1000, 65_535, 65_536, 65_537, 65_569, 300_000, 1 << 20];
for (let i = 0; i < 4 * lengths.length; i++) {
  const bytes = pattern(lengths[i % lengths.length]!, i);
  transport.send(next, 0, i, mpi.node, bytes, 0, bytes.length);
}
for (const kind of [2, 3]) transport.send(next, kind, kind, mpi.node, pattern(8, kind), 0, 8);
const segments = [pattern(24, 1), pattern(5001, 2), pattern(0, 3), pattern(100_000, 4)];
transport.sendLarge(next, 99, mpi.node, segments, 24 + 5008 + 100_000);
transport.send(next, 0, 100, mpi.node, pattern(8, 5), 0, 8);
transport.flush();
await until(() => received.length === 4 * lengths.length + 4);
for (const [i, { kind, to, from, bytes }] of received.slice(0, 4 * lengths.length).entries()) {
  assert.deepEqual({ kind, to, from }, { kind: 0, to: i, from: previous });
  assert.ok(bytes.equals(pattern(lengths[i % lengths.length]!, i)), `record ${i}`);
}
const [begin, part, large, behind] = received.slice(-4);
assert.deepEqual([begin!.kind, part!.kind, large!.to, behind!.to], [2, 3, 99, 100]);
assert.ok(large!.bytes.subarray(0, 24).equals(segments[0]!));
assert.ok(large!.bytes.subarray(24, 5025).equals(segments[1]!));
assert.ok(large!.bytes.subarray(5032).equals(segments[3]!));
await together('every length, in order');

const count = 10_000;
for (let i = 0; i < count; i++) {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(i);
  for (const node of others) transport.send(node, 0, node, mpi.node, bytes, 0, 8);
}
transport.flush();
await until(() => received.length === others.length * count);
for (const node of others) {
  const numbers = received.filter(({ from }) => from === node).map(({ bytes }) => bytes.readUInt32LE());
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, i) => i),
  );
}
await together('many small ones, in order of each node');

// The last one pauses; node 0 sends until it is congested, and says so by a file, for nothing else gets through.
const sign = join(tmpdir(), `${process.argv[2]}.congested`);
const last = mpi.nodes - 1;
let sent = 0;
if (mpi.node === last) {
  transport.setPaused(true);
  transport.sendControl(0, 'paused');
}
if (mpi.node === 0) {
  await until(() => control.includes(`${last}: paused`));
  const bytes = pattern(65_000, 1);
  while (!transport.isCongested(last)) {
    transport.send(last, 0, last, 0, bytes, 0, bytes.length);
    transport.flush();
    assert.ok(++sent < 4096, '256 MiB are under way, and it is not congested');
  }
  writeFileSync(sign, '');
  transport.send(last, 0, controlPe - 1, 0, bytes, 0, 8);
  transport.flush();
}
if (mpi.node === last) {
  while (!existsSync(sign)) assert.equal(transport.poll(), false);
  assert.equal(received.length, 0);
  transport.setPaused(false);
  await until(() => received.at(-1)?.to === controlPe - 1);
}
if (mpi.node === last) rmSync(sign);
await together('nothing while paused, then all');
await until(() => transport.isDrained);
transport.close();
