/** What a trace sink hears of random programs agrees with itself: every execution has one sending, and the reverse. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Chare, type Charm, Reducer } from 'charm4ts';
import fc from 'fast-check';
import type { ElementRecord } from '../../core/chare/element.ts';
import { SilentSink, type TraceSink } from '../../core/pe/trace-sink.ts';
import { check } from '../support/property.ts';
import { run, schedules } from '../support/schedule.ts';

/** What all PEs together have told, in order. */
class Watch {
  readonly sent = new Map<string, number>();
  readonly broadcasts = new Set<string>();
  readonly begun: string[] = [];
  readonly broadcastsBegun = new Map<string, number>();
  /** PE of each element; -1 between PEs. */
  readonly places = new Map<string, number>();
  readonly running = new Map<number, ElementRecord[]>();
  contributions = 0;
  reduced: number[] = [];
  quiescences = 0;

  sinkOf(pe: number): TraceSink {
    const name = (event: number, source = pe): string => `${source}:${event}`;
    const stack: ElementRecord[] = [];
    this.running.set(pe, stack);
    const move = (element: ElementRecord, from: number | undefined, to: number | undefined): void => {
      assert.equal(this.places.get(element.label), from, element.label);
      if (to === undefined) this.places.delete(element.label);
      else this.places.set(element.label, to);
    };
    return Object.assign(new SilentSink(), {
      sent: (event, _collection, _key, _entry, _options, bytes) => this.sent.set(name(event), bytes),
      broadcast: (event) => this.broadcasts.add(name(event)),
      queued: (_element, source, event) => assert(this.sent.has(name(event, source))),
      passedOn: (_collection, _key, source, event) => assert(event === 0 || this.sent.has(name(event, source))),
      begin: (element, _entry, source, event) => {
        stack.push(element);
        const id = name(event, source);
        assert.equal(this.places.get(element.label), pe);
        if (this.sent.has(id)) this.begun.push(id);
        else this.broadcastsBegun.set(id, (this.broadcastsBegun.get(id) ?? 0) + 1);
      },
      end: (element) => assert.equal(stack.pop(), element),
      created: (element) => move(element, undefined, pe),
      died: (element) => move(element, pe, undefined),
      left: (element, _to, bytes) => {
        assert(bytes > 0);
        move(element, pe, -1);
      },
      arrived: (element) => move(element, -1, pe),
      contributed: () => this.contributions++,
      reduced: (_collection, number, contributions) => {
        assert.equal(number, this.reduced.length + 1);
        this.reduced.push(contributions);
      },
      quiescence: () => this.quiescences++,
      idle: () => assert.equal(stack.length, 0),
      busy: () => assert.equal(stack.length, 0),
    } satisfies Partial<TraceSink>);
  }
}

export class Walker extends Chare<number> {
  at = 0;

  walk(left: number): void {
    if (left === 0) return;
    this.at = (this.at * 31 + this.index * 7 + left) % 1009;
    if (this.at % 3 === 0) this.migrateTo(this.at % this.charm.pes);
    this.array.at(this.at % this.array.size).walk(left - 1);
    if (this.at % 5 === 0) void this.self.ask.nothing();
    if (this.at % 11 === 0) this.array.all.nothing();
  }

  nothing(): void {}

  vote(): void {
    this.contribute(1, Reducer.sum, this.charm.ignoreCallback);
  }
}

it('a sink hears of every message once where it is sent and once where it runs', () =>
  check(
    fc.record({ schedule: schedules, size: fc.integer({ min: 1, max: 9 }), steps: fc.integer({ min: 0, max: 20 }) }),
    async ({ schedule, size, steps }) => {
      const record = new Watch();
      const main = async (charm: Charm): Promise<void> => {
        const walkers = await charm.array(Walker, { size });
        walkers.all.walk(steps);
        walkers.all.vote();
        await charm.quiescence();
        charm.exit();
      };
      await run({ main, Walker }, { ...schedule, trace: (pe: number) => record.sinkOf(pe) });
      assert.deepEqual(record.begun.sort(), [...record.sent.keys()].sort());
      assert.deepEqual([...record.broadcastsBegun.keys()].sort(), [...record.broadcasts].sort());
      for (const count of record.broadcastsBegun.values()) assert.equal(count, size);
      assert.equal(record.places.size, size);
      assert.deepEqual(record.reduced, [size]);
      assert.equal(record.contributions, size);
      assert.equal(record.quiescences, 1);
      for (const stack of record.running.values()) assert.equal(stack.length, 0);
    },
    { runs: 100 },
  ));
