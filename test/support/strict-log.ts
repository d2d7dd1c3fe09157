/**
 * Checks logs of Projections 11.0 as strictly as the original viewer would need it to be right: its own reader takes
 * letters for digits and loses PEs without a word.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Symbols {
  readonly processors: number;
  /** Dimensions by chare id. */
  readonly dimensions: Map<number, number>;
  /** Chare id by entry id. */
  readonly entries: Map<number, number>;
  readonly events: Set<number>;
  readonly stats: Set<number>;
}

const int = /^-?\d+$/;
const decimal = /^-?\d+(\.\d+)?$/;

/** Checks all files of the one trace in a folder. */
export async function checkLogs(folder: string): Promise<void> {
  const names = await readdir(folder);
  const sts = names.filter((name) => name.endsWith('.sts'));
  assert.equal(sts.length, 1, `one .sts, not ${sts.join(' ')}`);
  const base = sts[0]!.slice(0, -'.sts'.length);
  const symbols = checkSymbols(await readFile(join(folder, sts[0]!), 'utf8'));
  const created = new Map<string, number>();
  const begun: string[] = [];
  let end = 0;
  for (let pe = 0; pe < symbols.processors; pe++) {
    const text = gunzipSync(await readFile(join(folder, `${base}.${pe}.log.gz`))).toString('utf8');
    end = Math.max(end, new LogChecker(pe, symbols, created, begun).check(text));
  }
  for (const message of begun) assert(created.has(message), `message ${message} begins, and was never created`);
  const rc = await readFile(join(folder, `${base}.projrc`), 'utf8');
  const [, time] = /^RC_GLOBAL_END_TIME\s+(\d+)$/m.exec(rc) ?? [];
  assert(Number(time) >= end, `RC_GLOBAL_END_TIME ${time}, but the last record is at ${end}`);
}

function checkSymbols(text: string): Symbols {
  assert(text.endsWith('\nEND\n'), 'the .sts ends with END');
  const lines = text.slice(0, -1).split('\n');
  const dimensions = new Map<number, number>();
  const entries = new Map<number, number>();
  const events = new Set<number>();
  const stats = new Set<number>();
  const totals = new Map<string, number>();
  for (const line of lines) {
    assert.notEqual(line.trim(), '', 'no line is blank');
    assert.equal((line.match(/"/g) ?? []).length % 2, 0, `quotes are closed: ${line}`);
    const [word] = line.split(' ');
    const total = /^(TOTAL_\w+|PROCESSORS) (\d+)$/.exec(line);
    if (total !== null) totals.set(total[1]!, Number(total[2]));
    if (word === 'CHARE') {
      const [, id, ndims] = /^CHARE (\d+) "[^"]*" (-?\d+)$/.exec(line)!;
      assert.equal(Number(id), dimensions.size, 'ids of chares are dense');
      assert(Number(ndims) === -1 || (Number(ndims) >= 1 && Number(ndims) <= 6));
      dimensions.set(Number(id), Number(ndims));
    } else if (word === 'ENTRY') {
      const match = /^ENTRY CHARE (\d+) "[^"]*" (\d+) (\d+)$/.exec(line);
      assert(match !== null, line);
      assert(dimensions.has(Number(match[2])) && !entries.has(Number(match[1])) && Number(match[1]) <= 65535, line);
      entries.set(Number(match[1]), Number(match[2]));
    } else if (word === 'EVENT') events.add(Number(/^EVENT (\d+) \S/.exec(line)![1]));
    else if (word === 'STAT') stats.add(Number(/^STAT (\d+) \S/.exec(line)![1]));
    else if (word === 'SMPMODE') {
      const [size, nodes] = line.split(' ').slice(1).map(Number);
      const processors = totals.get('PROCESSORS')!;
      const extra = processors / nodes! - size!;
      assert(Number.isInteger(extra) && extra >= 0, `${line} with ${processors} processors`);
    } else if (word === 'TIMESTAMP') assert(!Number.isNaN(Date.parse(line.slice('TIMESTAMP '.length))), line);
  }
  assert.match(text, /^VERSION 11\.0$/m);
  assert.equal(totals.get('TOTAL_CHARES'), dimensions.size);
  assert.equal(totals.get('TOTAL_EPS'), entries.size);
  assert.equal(totals.get('TOTAL_EVENTS'), events.size);
  assert.equal(totals.get('TOTAL_STATS'), stats.size);
  return { processors: totals.get('PROCESSORS')!, dimensions, entries, events, stats };
}

/** Fields behind the type; where they vary, the method that looks at them does. */
const fieldCounts: Readonly<Record<number, number>> = {
  1: 7,
  6: 1,
  7: 1,
  8: 3,
  9: 3,
  11: 1,
  12: 1,
  13: 4,
  14: 2,
  15: 2,
  16: 2,
  17: 2,
  18: 2,
  19: 2,
  20: 8,
  26: 2,
  27: 2,
  30: 2,
};

class LogChecker {
  readonly #pe: number;
  readonly #symbols: Symbols;
  readonly #created: Map<string, number>;
  readonly #begun: string[];
  #time = 0;
  /** Entry, event and source of the open execution. */
  #open: string | undefined;
  #isIdle = false;
  #pairs = new Map<string, number>();

  constructor(pe: number, symbols: Symbols, created: Map<string, number>, begun: string[]) {
    this.#pe = pe;
    this.#symbols = symbols;
    this.#created = created;
    this.#begun = begun;
  }

  /** @returns the time of the last record. */
  check(text: string): number {
    assert(text.endsWith('\n'));
    const [head, ...lines] = text.slice(0, -1).split('\n');
    assert.match(head!, /^PROJECTIONS-RECORD \d+$/);
    assert.match(lines[0]!, /^6 /);
    assert.match(lines.at(-1)!, /^7 /);
    for (const line of lines) this.#record(line);
    assert(!this.#isIdle, 'idle at the end');
    for (const [key, open] of this.#pairs) assert.equal(open, 0, `pair ${key} is open`);
    return this.#time;
  }

  #at(time: string, line: string): void {
    assert(int.test(time), line);
    assert(Number(time) >= this.#time, `time goes back to ${line}, from ${this.#time}`);
    this.#time = Number(time);
  }

  #record(line: string): void {
    const [kind, ...fields] = line.split(' ');
    const type = Number(kind);
    assert(int.test(kind!), line);
    const count = fieldCounts[type];
    if (count !== undefined) {
      assert.equal(fields.length, count, line);
      for (const field of fields) assert(int.test(field) && Math.abs(Number(field)) < 2 ** 53, line);
    }
    switch (type) {
      case 1:
      case 20:
      case 21:
        return this.#creation(type, fields, line);
      case 2:
        return this.#begin(fields, line);
      case 3:
        return this.#end(fields, line);
      case 6:
      case 7:
      case 11:
      case 12:
        return this.#at(fields[0]!, line);
      case 13:
        assert(this.#symbols.events.has(Number(fields[0])), line);
        return this.#at(fields[1]!, line);
      case 14:
      case 15:
        assert.equal(this.#isIdle, type === 15, line);
        assert.equal(this.#open, undefined, `idle inside an execution: ${line}`);
        this.#isIdle = type === 14;
        return this.#at(fields[0]!, line);
      case 16:
      case 17:
      case 18:
      case 19:
        return this.#at(fields[0]!, line);
      case 26:
      case 27:
      case 30:
        return this.#at(fields[1]!, line);
      case 28: {
        const match = /^28 (\d+) (\d+) (.*)$/s.exec(line);
        assert(match !== null && match[3]!.length === Number(match[2]), line);
        return this.#at(match[1]!, line);
      }
      case 29:
        return;
      case 32:
        assert.equal(fields.length, 5, line);
        assert(decimal.test(fields[1]!) && decimal.test(fields[2]!), line);
        assert(this.#symbols.stats.has(Number(fields[4])) && Number(fields[3]) === this.#pe, line);
        return this.#at(fields[0]!, line);
      case 100:
        assert(this.#symbols.events.has(Number(fields[0])), line);
        return;
      case 98:
      case 99: {
        const key = `${fields[0]}:${fields[4]}`;
        this.#pairs.set(key, (this.#pairs.get(key) ?? 0) + (type === 98 ? 1 : -1));
        return this.#at(fields[1]!, line);
      }
      case 8:
      case 9:
        return this.#at(fields[0]!, line);
      default:
        assert.fail(`an unknown record: ${line}`);
    }
  }

  #creation(type: number, fields: readonly string[], line: string): void {
    const [, entry, time, event, pe, , , receivers] = fields;
    for (const field of fields) assert(int.test(field), line);
    assert(this.#symbols.entries.has(Number(entry)), line);
    assert.equal(Number(pe), this.#pe, line);
    if (type === 21) assert.equal(fields.length, 8 + Number(receivers), line);
    const name = `${pe}:${event}`;
    assert(!this.#created.has(name), `message ${name} is created twice`);
    this.#created.set(name, Number(time));
    this.#at(time!, line);
  }

  #begin(fields: readonly string[], line: string): void {
    const [, entry, time, event, source] = fields;
    for (const field of fields) assert(int.test(field), line);
    const dimensions = this.#symbols.dimensions.get(this.#symbols.entries.get(Number(entry))!);
    assert(dimensions !== undefined, line);
    assert.equal(fields.length, 7 + (dimensions >= 1 ? dimensions : 4) + 1, line);
    assert.equal(this.#open, undefined, `an execution inside another: ${line}`);
    assert(!this.#isIdle, `an execution while idle: ${line}`);
    this.#open = `${entry} ${event} ${source}`;
    if (event !== '-1') this.#begun.push(`${source}:${event}`);
    this.#at(time!, line);
  }

  #end(fields: readonly string[], line: string): void {
    const [, entry, time, event, source] = fields;
    assert.equal(fields.length, 7, line);
    assert.equal(this.#open, `${entry} ${event} ${source}`, line);
    this.#open = undefined;
    this.#at(time!, line);
  }
}
