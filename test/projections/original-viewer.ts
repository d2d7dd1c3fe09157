/**
 * What the original viewer reported of a trace (`original-viewer.json`), computed from what our reader read. Where the
 * viewer has a defect of its own, it is repeated here and named, so that everything else can be compared exactly.
 */
import { join } from 'node:path';
import { ProblemList } from '../../projections/errors.ts';
import type { LogRecord } from '../../projections/format/original/log-scanner.ts';
import { readProjrc } from '../../projections/format/original/projrc.ts';
import { type OriginalTrace, scanLog } from '../../projections/format/original/read.ts';
import { recordTypes } from '../../projections/format/original/record-types.ts';
import { MessageLinks } from '../../projections/model/links.ts';
import { spanKinds } from '../../projections/model/schema.ts';
import { entryName, type NamedId, type PeTrace } from '../../projections/model/trace.ts';

/** The viewer's names of the record types. */
const typeNames: Readonly<Record<number, string>> = {
  [recordTypes.creation]: 'CREATION',
  [recordTypes.beginProcessing]: 'BEGIN_PROCESSING',
  [recordTypes.endProcessing]: 'END_PROCESSING',
  [recordTypes.beginComputation]: 'BEGIN_COMPUTATION',
  [recordTypes.endComputation]: 'END_COMPUTATION',
  [recordTypes.beginTrace]: 'BEGIN_TRACE',
  [recordTypes.endTrace]: 'END_TRACE',
  [recordTypes.userEvent]: 'USER_EVENT',
  [recordTypes.beginIdle]: 'BEGIN_IDLE',
  [recordTypes.endIdle]: 'END_IDLE',
  [recordTypes.beginPack]: 'BEGIN_PACK',
  [recordTypes.endPack]: 'END_PACK',
  [recordTypes.beginUnpack]: 'BEGIN_UNPACK',
  [recordTypes.endUnpack]: 'END_UNPACK',
  [recordTypes.creationBroadcast]: 'CREATION_BCAST',
  [recordTypes.creationMulticast]: 'CREATION_MULTICAST',
  [recordTypes.userSupplied]: 'USER_SUPPLIED',
  [recordTypes.memoryUsage]: 'MEMORY_USAGE',
  [recordTypes.endPhase]: 'UNKNOWN(-1)',
  [recordTypes.userStat]: 'USER_STAT',
  [recordTypes.beginUserEventPair]: 'BEGIN_USER_EVENT_PAIR',
  [recordTypes.endUserEventPair]: 'END_USER_EVENT_PAIR',
  [recordTypes.userEventPair]: 'USER_EVENT_PAIR',
};

type Json = Record<string, unknown>;

export async function viewerReport(directory: string, trace: OriginalTrace): Promise<Json> {
  const { info } = trace;
  const { run } = info;
  const endUs = await readProjrc(join(directory, `${trace.name}.projrc`));
  const messages = matched(trace);
  return {
    version: trace.version,
    machine: run.machine,
    processors: info.pes,
    nodes: new Set(info.nodeOf).size,
    nodeSize: info.nodeOf.filter((node) => node === 0).length,
    smp: true,
    entries: info.entries.length,
    userEvents: info.userEvents.length,
    userStats: info.userStats.length,
    hostname: run.host,
    username: run.user,
    commandline: run.commandLine,
    timestamp: `${run.startedAt}[Etc/UTC]`,
    charmVersion: run.runtimeVersion,
    rcEndTime: endUs,
    ...messages,
    pes: await Promise.all(trace.pes.map((pe) => peReport(directory, trace, pe, endUs ?? 0))),
    problems: trace.problems,
  };
}

function matched(trace: OriginalTrace): Json {
  const links = new MessageLinks(trace);
  let messagesMatched = 0;
  let messagesUnmatched = 0;
  let executionsWithoutMessage = 0;
  const unmatchedByEntry: Record<string, number> = {};
  for (const { executions } of trace.pes) {
    for (let row = 0; row < executions.begin.length; row++) {
      const name = entryName(trace.info, executions.entry[row]!);
      if (executions.message[row] === -1) executionsWithoutMessage++;
      else if (links.sendOf(executions.source[row]!, executions.message[row]!) >= 0) messagesMatched++;
      else {
        messagesUnmatched++;
        unmatchedByEntry[name] = (unmatchedByEntry[name] ?? 0) + 1;
      }
    }
  }
  return { messagesMatched, messagesUnmatched, executionsWithoutMessage, unmatchedByEntry };
}

async function peReport(directory: string, trace: OriginalTrace, pe: PeTrace, endUs: number): Promise<Json> {
  const census = trace.census.find((one) => one.pe === pe.pe)!;
  const types: Record<string, number> = {};
  for (const [type, count] of census.types.entries()) {
    const name = typeNames[type] ?? `type ${type}`;
    if (count > 0) types[name] = (types[name] ?? 0) + count;
  }
  const { executions, sends, idles } = pe;
  const closed = executions.begin.length - (pe.isOpenAtEnd ? 1 : 0);
  const us = (row: number): number => (executions.end[row]! - executions.begin[row]!) / 1000;
  const idleUs = sum(idles.begin.length, (row) => (idles.end[row]! - idles.begin[row]!) / 1000);
  const packUs = spanUs(pe, 'pack');
  const unpackUs = spanUs(pe, 'unpack');
  return {
    pe: pe.pe,
    records: census.records,
    firstUs: pe.begin / 1000,
    lastUs: pe.end / 1000,
    idleUs,
    packUs,
    unpackUs,
    begins: executions.begin.length,
    messagesSent: sum(sends.time.length, (row) => sends.receivers[row]!),
    bytesSent: sum(sends.time.length, (row) => sends.receivers[row]! * sends.bytes[row]!),
    types,
    entries: entryReport(trace, pe, closed, us),
    user: await userRecords(directory, trace, pe.pe),
    timeline: {
      executions: executions.begin.length,
      executionUs: sum(closed, us),
      idleBlocks: idles.begin.length,
      idleUs,
      sends: sends.time.length,
      userEvents: spans(pe, 'user').length + pe.points.kind.filter((kind) => kind === 0).length,
    },
    usagePercent: usage(trace, pe, closed, us, { packUs, unpackUs, idleUs, endUs }),
  };
}

function entryReport(trace: OriginalTrace, pe: PeTrace, closed: number, us: (row: number) => number): Json {
  const entries: Record<string, { id: number; count: number; us: number; maxUs: number }> = {};
  for (let row = 0; row < closed; row++) {
    const entry = pe.executions.entry[row]!;
    const name = entryName(trace.info, entry);
    entries[name] ??= { id: trace.info.entries[entry]!.id, count: 0, us: 0, maxUs: 0 };
    entries[name].count++;
    entries[name].us += us(row);
    entries[name].maxUs = Math.max(entries[name].maxUs, us(row));
  }
  return entries;
}

/**
 * Per cent of the run in each entry method. The viewer takes the cost of sends and of packing away from the entry method
 * that ran last, even if it had ended by then: so figures can be negative. Broadcasts are left out.
 */
function usage(
  trace: OriginalTrace,
  pe: PeTrace,
  closed: number,
  us: (row: number) => number,
  all: { packUs: number; unpackUs: number; idleUs: number; endUs: number },
): Json {
  const { executions, sends } = pe;
  const total: Record<string, number> = {};
  const packs = [...spans(pe, 'pack'), ...spans(pe, 'unpack')].sort((a, b) => pe.spans.begin[a]! - pe.spans.begin[b]!);
  let packsDone = 0;
  const add = (name: string, time: number): void => {
    total[name] = (total[name] ?? 0) + time;
  };
  for (let row = 0; row < closed; row++) {
    const name = entryName(trace.info, executions.entry[row]!);
    // What comes behind its end counts too, up to the next one.
    const next = executions.firstSend[row + 1] ?? sends.time.length;
    for (let send = executions.firstSend[row]!; send < next; send++)
      if (sends.kind[send] === 0) add(name, -sends.duration[send]! / 1000);
    add(name, us(row));
    while (pe.spans.begin[packs[packsDone]!]! < executions.begin[row]!) packsDone++;
    for (; pe.spans.end[packs[packsDone]!]! <= executions.end[row]!; packsDone++)
      add(name, (pe.spans.begin[packs[packsDone]!]! - pe.spans.end[packs[packsDone]!]!) / 1000);
  }
  add('(pack)', all.packUs);
  add('(unpack)', all.unpackUs);
  add('(idle)', all.idleUs);
  const percents = Object.entries(total).map(([name, time]) => [name, Math.fround((time * 100) / all.endUs)]);
  return Object.fromEntries(percents);
}

/** From the records themselves: the event numbers of user events are not in the trace. */
async function userRecords(directory: string, trace: OriginalTrace, pe: number): Promise<string[]> {
  const lines: string[] = [];
  const isZipped = trace.name.startsWith('stencil');
  const path = join(directory, `${trace.name}.${pe}.log${isZipped ? '.gz' : ''}`);
  await scanLog(path, new ProblemList(), (record) => {
    const line = userLine(trace, record);
    if (line !== undefined) lines.push(line);
    return record.type !== recordTypes.endComputation;
  });
  return lines;
}

function userLine({ info }: OriginalTrace, { type, fields, count }: LogRecord): string | undefined {
  const f = [...fields.subarray(0, count)];
  const nameIn = (names: readonly NamedId[], id: number | undefined): string =>
    `id=${id} name=${names.find((one) => one.id === id)?.name} `;
  switch (type) {
    case recordTypes.userEvent:
    case recordTypes.userEventPair:
    case recordTypes.beginUserEventPair:
    case recordTypes.endUserEventPair:
      return `${typeNames[type]} ${nameIn(info.userEvents, f[0])} t=${f[1]} event=${f[2]} pe=${f[3]} nested=${f[4] ?? 0}`;
    case recordTypes.userSupplied:
      return `USER_SUPPLIED value=${f[0]}`;
    case recordTypes.memoryUsage:
      return `MEMORY_USAGE bytes=${f[0]} t=${f[1]}`;
    case recordTypes.userStat:
      return `USER_STAT ${nameIn(info.userStats, f[4])} t=${f[0]} userTime=${decimal(f[1]!)} value=${decimal(f[2]!)}`;
    default:
      return undefined;
  }
}

/** The viewer knows no exponents: it takes every character for a digit. */
function decimal(value: number): string {
  const text = String(value).replace(/e-(\d)$/, 'e-0$1');
  if (!text.includes('e')) return text.includes('.') ? text : `${text}.0`;
  let misread = 0;
  for (const character of text) misread = misread * 10 + (character.charCodeAt(0) - 48);
  return `${misread}.0`;
}

function spans(pe: PeTrace, kind: (typeof spanKinds)[number]): number[] {
  const code = spanKinds.indexOf(kind);
  return [...pe.spans.kind.keys()].filter((row) => pe.spans.kind[row] === code);
}

function spanUs(pe: PeTrace, kind: (typeof spanKinds)[number]): number {
  return spans(pe, kind).reduce((total, row) => total + (pe.spans.end[row]! - pe.spans.begin[row]!) / 1000, 0);
}

function sum(count: number, value: (row: number) => number): number {
  let total = 0;
  for (let row = 0; row < count; row++) total += value(row);
  return total;
}
