/** What is recorded of random programs, in real and in virtual time, on any number of PEs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chare, type Charm } from 'charm4ts';
import { entryName, MessageLinks, none, type PeTrace, pointKinds, type Trace, wakes } from '../../projections/index.ts';
import { check } from '../support/property.ts';
import { type DrawnProgram, RandomProgram, randomPrograms } from '../support/random-program.ts';
import { Recorded } from '../support/recorded.ts';
import { run, type Schedule } from '../support/schedule.ts';

async function record(drawn: DrawnProgram): Promise<{ readonly trace: Trace; readonly program: RandomProgram }> {
  let program: RandomProgram | undefined;
  const trace = await Recorded.trace(async (recorded) => {
    program = await RandomProgram.run(drawn, (module) => recorded.watch(module, drawn.schedule));
  });
  return { trace, program: program! };
}

/** Executions and idle times in one row, none over another; sends inside of what sent them. */
function isWellNested({ executions, idles, sends, begin, end }: PeTrace): void {
  const parts = [...executions.begin.keys()].map((row) => [executions.begin[row]!, executions.end[row]!] as const);
  parts.push(...[...idles.begin.keys()].map((row) => [idles.begin[row]!, idles.end[row]!] as const));
  parts.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let last = begin;
  for (const [from, to] of parts) {
    assert(from >= last && to >= from && to <= end, `${from} to ${to} behind ${last}`);
    last = to;
  }
  for (let row = 1; row < sends.time.length; row++) assert(sends.time[row]! >= sends.time[row - 1]!);
  for (let row = 0; row < executions.begin.length; row++) {
    const first = executions.firstSend[row]!;
    for (let send = first; send < first + executions.sends[row]!; send++)
      assert(sends.time[send]! >= executions.begin[row]! && sends.time[send]! <= executions.end[row]!);
  }
}

describe('a recording', () => {
  it('is well nested, and its parts add up to its time', () =>
    check(randomPrograms, async (drawn) => {
      const { trace } = await record(drawn);
      assert.deepEqual(trace.problems, []);
      assert.equal(trace.pes.length, drawn.schedule.pes);
      for (const pe of trace.pes) {
        isWellNested(pe);
        const busy = sum(pe.executions);
        const idle = sum(pe.idles);
        assert(busy >= 0 && idle >= 0 && busy + idle <= (pe.end - pe.begin) * 1.001);
      }
    }));

  it('has every message once where it was sent and once where it ran', () =>
    check(randomPrograms, async (drawn) => {
      const { trace, program } = await record(drawn);
      const links = new MessageLinks(trace);
      let letters = 0;
      const ran = new Map<string, number>();
      for (const { pe, executions } of trace.pes)
        for (let row = 0; row < executions.begin.length; row++) {
          const name = entryName(trace.info, executions.entry[row]!);
          const wake = wakes[executions.wake[row]!];
          if (/::receive|Helper::constructor/.test(name) && wake === 'message') letters++;
          const message = executions.message[row]!;
          if (message === none) continue;
          const source = executions.source[row]!;
          const send = links.sendOf(source, message);
          assert(send !== none, `${name}: message ${message} of PE ${source} was not sent`);
          const { sends } = links.pe(source)!;
          // Clocks of one thread: what is received was sent before.
          assert(sends.time[send]! <= executions.begin[row]!, name);
          if (wake !== 'message') continue;
          assert(executions.enqueued[row]! <= executions.begin[row]!, name);
          assert.equal(sends.entry[send], executions.entry[row], name);
          if (sends.receivers[send] !== 1 || sends.to[send] === none) continue;
          assert.equal(sends.to[send], pe);
          assert.equal(sends.element[send], executions.element[row]);
          const key = `${source}:${message}`;
          assert(!ran.has(key), `${name}: message ${key} ran twice`);
          ran.set(key, row);
        }
      assert.equal(letters, program.received.length);
    }));
});

function sum({ begin, end }: { readonly begin: Float64Array; readonly end: Float64Array }): number {
  return begin.reduce((total, from, row) => total + end[row]! - from, 0);
}

class Talker extends Chare<number> {
  async talk(): Promise<void> {
    const { trace } = this.charm;
    trace.event('begun');
    trace.bracket('counting', () => this.charm.work(1e-3));
    trace.note(`I am ${this.index}`);
    trace.statistic('residual', this.index / 2, 7);
    trace.value(3);
    await this.array.at((this.index + 1) % 2).ask.answer();
    trace.off();
    trace.event('unseen');
    this.self.unseen();
  }

  answer(): number {
    this.charm.work(2e-3);
    return 1;
  }

  unseen(): void {
    this.charm.work(1e-3);
    this.charm.trace.on();
    this.charm.work(3e-3);
  }
}

async function main(charm: Charm): Promise<void> {
  const talkers = await charm.array(Talker, { size: 2 });
  talkers.all.talk();
  await charm.quiescence();
  charm.exit();
}

describe('what a program tells', () => {
  const schedule: Schedule = { pes: 2, pesPerNode: 2, seed: 1, shuffle: false, network: 'shared-memory' };
  const told = (): Promise<Trace> =>
    Recorded.trace((recorded) =>
      run({ main, Talker }, { ...schedule, trace: recorded.watch({ main, Talker }, schedule) }),
    );

  it('is in its trace under its name', async () => {
    const { pes, info } = await told();
    assert.deepEqual(info.userEvents.map(({ name }) => name).sort(), ['begun', 'counting']);
    assert.deepEqual(
      info.userStats.map(({ name }) => name),
      ['residual'],
    );
    const counting = info.userEvents.find(({ name }) => name === 'counting')!.id;
    for (const [index, { spans, points, texts }] of pes.entries()) {
      const row = spans.id.indexOf(counting);
      assert(Math.abs(spans.end[row]! - spans.begin[row]! - 1e6) < 1);
      assert.deepEqual(texts, [`I am ${index}`]);
      const stat = points.kind.indexOf(pointKinds.indexOf('userStat'));
      assert.equal(points.value[stat], index / 2);
      assert.equal(points.extra[stat], 7);
    }
  });

  it('goes on from where recording was turned on again, in the midst of an entry method', async () => {
    for (const { executions } of (await told()).pes) {
      const lengths = [...executions.begin.keys()].map((row) =>
        Math.round(executions.end[row]! - executions.begin[row]!),
      );
      assert(lengths.includes(3e6), `no execution of 3 ms among ${lengths.join(' ')}`);
    }
  });

  it('names who woke a method that waited', async () => {
    const trace = await told();
    const links = new MessageLinks(trace);
    let woken = 0;
    for (const { executions } of trace.pes)
      for (let row = 0; row < executions.begin.length; row++) {
        if (wakes[executions.wake[row]!] !== 'resumed' || executions.element[row] === none) continue;
        const source = executions.source[row]!;
        const send = links.sendOf(source, executions.message[row]!);
        const sender = links.senderOf(source, send);
        assert.equal(entryName(trace.info, links.pe(source)!.executions.entry[sender]!), 'Talker::answer');
        woken++;
      }
    assert.equal(woken, 2);
  });
});
