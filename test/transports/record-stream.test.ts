/** Records over any stream: however it is cut into pieces, and whatever a broken peer sends. */
import assert from 'node:assert/strict';
import { Duplex, PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordStream, recordBytesMax } from '../../transports/sockets/record-stream.ts';
import { RecordKind } from '../../transports/threads/ring.ts';
import { check } from '../support/property.ts';

interface Sent {
  readonly kind: number;
  readonly to: number;
  readonly from: number;
  readonly bytes: Uint8Array;
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const record: fc.Arbitrary<Sent> = fc.record({
  kind: fc.integer({ min: 0, max: 3 }),
  to: word,
  from: word,
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 60_000, maxLength: 140_000, size: 'max' }),
  ),
});

/** The bytes that go over the wire for these records. */
function wireOf(records: readonly Sent[], flushEvery: number): Buffer {
  const pieces: Buffer[] = [];
  const sink = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      pieces.push(chunk);
      done();
    },
  });
  const stream = new RecordStream(sink, () => undefined, assert.fail);
  for (const [i, { kind, to, from, bytes }] of records.entries()) {
    stream.send(kind, to, from, bytes, 0, bytes.length);
    if (i % flushEvery === 0) stream.flush();
  }
  stream.flush();
  return Buffer.concat(pieces);
}

/** What arrives of these bytes, given in pieces. */
function parse(pieces: readonly Buffer[]): { readonly records: Sent[]; readonly bad: string[] } {
  const source = new PassThrough();
  const records: Sent[] = [];
  const bad: string[] = [];
  new RecordStream(
    source,
    (kind, to, from, bytes, start, length) =>
      records.push({ kind, to, from, bytes: bytes.slice(start, start + length) }),
    (why) => bad.push(why),
  );
  for (const piece of pieces) source.emit('data', piece);
  return { records, bad };
}

function cut(wire: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < wire.length; i++) {
    const length = lengths[i % lengths.length]!;
    pieces.push(wire.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** Parts may come as several shorter ones. */
function joined(records: readonly Sent[]): Sent[] {
  const all: Sent[] = [];
  for (const record of records) {
    const last = all.at(-1);
    const { kind, to, from, bytes } = record;
    if (kind !== RecordKind.part || last?.kind !== kind || last.to !== to || last.from !== from) all.push(record);
    else all[all.length - 1] = { ...record, bytes: Buffer.concat([last.bytes, bytes]) };
  }
  return all;
}

describe('a stream of records', () => {
  it('gives the records that were sent, however its bytes are cut', async () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100_000 })), {
      minLength: 1,
    });
    const cases = fc.tuple(fc.array(record, { maxLength: 12 }), lengths, fc.integer({ min: 1, max: 5 }));
    await check(cases, ([records, at, flushEvery]) => {
      const { records: received, bad } = parse(cut(wireOf(records, flushEvery), at));
      assert.deepEqual(bad, []);
      const [found, wanted] = [joined(received), joined(records)];
      assert.equal(found.length, wanted.length);
      for (const [i, { kind, to, from, bytes }] of found.entries()) {
        assert.deepEqual({ kind, to, from }, { kind: wanted[i]!.kind, to: wanted[i]!.to, from: wanted[i]!.from });
        assert.ok(Buffer.compare(bytes, wanted[i]!.bytes) === 0);
      }
    });
  });

  it('refuses a record that is too long before it keeps any of it', () => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(recordBytesMax + 1);
    for (const pieces of [[head], cut(head, [1])]) {
      const { records, bad } = parse(pieces);
      assert.deepEqual(records, []);
      assert.ok(bad.length >= 1 && bad.every((why) => /a record of \d+ bytes, more than/.test(why)));
    }
  });

  it('does not throw at noise, and keeps no more than a record', async () => {
    const noise = fc.tuple(
      fc.uint8Array({ maxLength: 4000 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
    );
    await check(noise, ([bytes, at]) => {
      const { records } = parse(cut(Buffer.from(bytes), at));
      for (const { bytes: payload } of records) assert.ok(payload.length <= recordBytesMax);
    });
  });
});
