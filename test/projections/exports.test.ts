/** What the readers of other formats find in traces of random programs and of the original. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { PbfReader } from 'pbf';
import { convertTrace, entryName, none, openTrace, type Trace } from '../../projections/index.ts';
import { check } from '../support/property.ts';
import { RandomProgram, randomPrograms } from '../support/random-program.ts';
import { Recorded } from '../support/recorded.ts';
import { checkLogs } from '../support/strict-log.ts';

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly tid: number;
  readonly bind_id?: string;
  readonly flow_in?: boolean;
}

/** Executions whose message was sent in the trace. */
function received(trace: Trace): number {
  const sent = new Set(trace.pes.flatMap(({ pe, sends }) => [...sends.message].map((message) => `${pe}:${message}`)));
  let count = 0;
  for (const { executions } of trace.pes)
    for (let row = 0; row < executions.begin.length; row++)
      if (executions.message[row] !== none && sent.has(`${executions.source[row]}:${executions.message[row]}`)) count++;
  return count;
}

function executionsOf({ pes }: Trace): number {
  return pes.reduce((sum, { executions }) => sum + executions.begin.length, 0);
}

/** Slices by thread, flows by number, from the fields of protos/perfetto/trace. */
class PerfettoReader {
  readonly starts = new Map<number, number>();
  readonly ends = new Map<number, number>();
  readonly threads = new Map<number, string>();
  readonly names = new Map<string, number>();
  slices = 0;
  readonly #interned = new Map<number, Map<number, string>>();
  readonly #open = new Map<number, number>();

  constructor(bytes: Uint8Array) {
    const file = new PbfReader(bytes);
    file.readFields((tag, _, pbf) => {
      assert.equal(tag, 1);
      this.#packet(pbf);
    }, undefined);
    for (const open of this.#open.values()) assert.equal(open, 0, 'a slice does not end');
  }

  #packet(pbf: PbfReader): void {
    const packet = { time: 0, sequence: 0 };
    pbf.readMessage((tag, _, field) => {
      if (tag === 8) packet.time = field.readVarint();
      else if (tag === 10) packet.sequence = field.readVarint();
      else if (tag === 11) this.#event(field, packet.time, packet.sequence);
      else if (tag === 12) this.#names(field, packet.sequence);
      else if (tag === 60) this.#track(field);
    }, undefined);
  }

  #names(pbf: PbfReader, sequence: number): void {
    const names = new Map<number, string>();
    this.#interned.set(sequence, names);
    pbf.readMessage((tag, _, field) => {
      if (tag !== 2) return;
      let [id, name] = [0, ''];
      field.readMessage((part, __, one) => {
        if (part === 1) id = one.readVarint();
        else if (part === 2) name = one.readString();
      }, undefined);
      names.set(id, name);
    }, undefined);
  }

  #track(pbf: PbfReader): void {
    let uuid = 0;
    pbf.readMessage((tag, _, field) => {
      if (tag === 1) uuid = field.readVarint();
      if (tag !== 4) return;
      field.readMessage((part, __, thread) => {
        if (part === 5) this.threads.set(uuid, thread.readString());
      }, undefined);
    }, undefined);
  }

  #event(pbf: PbfReader, time: number, sequence: number): void {
    const event = { type: 0, name: 0, track: 0, flows: [] as number[], ends: [] as number[] };
    pbf.readMessage((tag, _, field) => {
      if (tag === 9) event.type = field.readVarint();
      else if (tag === 10) event.name = field.readVarint();
      else if (tag === 11) event.track = field.readVarint();
      else if (tag === 47) event.flows.push(field.readFixed64());
      else if (tag === 48) event.ends.push(field.readFixed64());
    }, undefined);
    for (const flow of event.flows) {
      assert(!this.starts.has(flow));
      this.starts.set(flow, time);
    }
    for (const flow of event.ends) this.ends.set(flow, time);
    if (event.type > 2) return;
    const open = (this.#open.get(event.track) ?? 0) + (event.type === 1 ? 1 : -1);
    assert(open === 0 || open === 1, 'slices of a track overlap');
    this.#open.set(event.track, open);
    if (event.type !== 1 || !this.threads.has(event.track)) return;
    this.slices++;
    const name = this.#interned.get(sequence)!.get(event.name)!;
    this.names.set(name, (this.names.get(name) ?? 0) + 1);
  }
}

describe('a trace in another format', () => {
  let folder = '';
  let files = 0;
  const fresh = (suffix = ''): string => join(folder, `${files++}${suffix}`);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charm4ts-exports-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Tries random programs, and the traces of the original. */
  const each = async (test: (trace: Trace) => Promise<void>, isOriginalToo = true): Promise<void> => {
    await check(
      randomPrograms,
      async (drawn) =>
        test(await Recorded.trace((on) => RandomProgram.run(drawn, (it) => on.watch(it, drawn.schedule)))),
      { runs: 25 },
    );
    if (!isOriginalToo) return;
    for (const name of ['alltrace', 'stencil3d'])
      await test(await openTrace(fileURLToPath(new URL(`./traces/${name}`, import.meta.url))));
  };

  it('is a log that the viewer of Charm++ can read in every detail', () =>
    each(async (trace) => {
      const logs = fresh();
      await convertTrace(trace, 'projections', logs);
      await checkLogs(logs);
      const again = await openTrace(logs);
      assert.equal(executionsOf(again), executionsOf(trace));
      assert.equal(received(again), received(trace));
    }, false));

  it('is Perfetto protobuf with the same slices and flows', () =>
    each(async (trace) => {
      const file = fresh();
      await convertTrace(trace, 'perfetto', file);
      const read = new PerfettoReader(await readFile(file));
      assert.equal(read.threads.size, trace.pes.length);
      assert.equal(read.slices, executionsOf(trace));
      assert.equal(read.ends.size, received(trace));
      assert.equal(read.starts.size, read.ends.size);
      const names = new Map<string, number>();
      for (const { executions } of trace.pes)
        for (const entry of executions.entry) {
          const name = entryName(trace.info, entry);
          names.set(name, (names.get(name) ?? 0) + 1);
        }
      assert.deepEqual([...read.names].sort(), [...names].sort());
    }));

  it('is Chrome JSON with the same slices and flows, none over another', () =>
    each(async (trace) => {
      const file = fresh('.gz');
      await convertTrace(trace, 'chrome', file);
      const { traceEvents } = JSON.parse(gunzipSync(await readFile(file)).toString('utf8')) as {
        traceEvents: Event[];
      };
      const slices = traceEvents.filter(({ ph, name }) => ph === 'X' && !name.startsWith('send '));
      assert.equal(slices.length, executionsOf(trace));
      const out = new Set(traceEvents.filter((one) => 'flow_out' in one).map((one) => one.bind_id));
      const ins = traceEvents.filter((one) => one.flow_in === true);
      assert.equal(ins.length, received(trace));
      for (const one of ins) assert(out.has(one.bind_id));
      for (const one of traceEvents.filter(({ ph }) => ph === 'X')) assert(one.dur >= 0 && one.tid >= 1);
    }));

  it('is a speedscope file whose frames open and close in turn', () =>
    each(async (trace) => {
      const file = fresh();
      await convertTrace(trace, 'speedscope', file);
      const { profiles, shared } = JSON.parse(await readFile(file, 'utf8')) as {
        profiles: { startValue: number; endValue: number; events: { type: string; frame: number; at: number }[] }[];
        shared: { frames: unknown[] };
      };
      let opened = 0;
      for (const { events, startValue, endValue } of profiles) {
        let last = startValue;
        for (const [i, { type, frame, at }] of events.entries()) {
          assert.equal(type, i % 2 === 0 ? 'O' : 'C');
          assert(at >= last && at <= endValue && frame < shared.frames.length);
          if (type === 'C') assert.equal(frame, events[i - 1]!.frame);
          else if (frame < shared.frames.length - 1) opened++;
          last = at;
        }
      }
      assert.equal(opened, executionsOf(trace));
    }));

  it('is CSV with a line for each record', () =>
    each(async (trace) => {
      const tables = fresh();
      await convertTrace(trace, 'csv', tables);
      const lines = (await readFile(join(tables, 'executions.csv'), 'utf8')).split('\n');
      assert.equal(lines.length - 2, executionsOf(trace));
    }));
});
