/**
 * Writes `.sts`, version 11, so that the original viewer opens it without a complaint: no empty lines, quotes without
 * quotes inside, SMPMODE only where all nodes are alike and in order, a time stamp only if it is one.
 */
import type { NamedId, TraceInfo } from '../../model/trace.ts';
import type { ForeignNames } from './names.ts';

/** `isSummary`: the table that goes with `.sum` files, which begins later and has no statistics. */
export function stsText(info: TraceInfo, names: ForeignNames, isSummary = false): string {
  const { run, collections, entries } = info;
  const events = [...info.userEvents, ...names.eventOf.values()];
  const stats = [...info.userStats, ...names.statOf.values()];
  const hasTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(run.startedAt ?? '');
  const lines = [
    ...(isSummary ? [] : [`PROJECTIONS_ID ${plain(run.id ?? '')}`, 'VERSION 11.0', 'TOTAL_PHASES 1']),
    `MACHINE "${plain(run.machine ?? 'charm4ts')}"`,
    `PROCESSORS ${info.pes}`,
    ...smpMode(info.nodeOf),
    ...quotedLine('USERNAME', run.user),
    ...quotedLine('HOSTNAME', run.host),
    ...quotedLine('COMMANDLINE', run.commandLine),
    ...(hasTime ? [`TIMESTAMP ${run.startedAt}`] : []),
    ...(run.runtimeVersion === undefined ? [] : [`CHARMVERSION ${plain(run.runtimeVersion).replaceAll(' ', '_')}`]),
    `TOTAL_CHARES ${collections.length}`,
    `TOTAL_EPS ${entries.length}`,
    'TOTAL_MSGS 1',
    'TOTAL_PSEUDOS 0',
    `TOTAL_EVENTS ${events.length}`,
    ...collections.map(({ name, dimensions }, id) => `CHARE ${id} "${plain(name)}" ${dimensions}`),
    ...entries.map(({ id, name, collection }) => `ENTRY CHARE ${id} "${plain(name)}" ${collection} 0`),
    'MESSAGE 0 0',
    ...(isSummary ? [] : [`TOTAL_STATS ${stats.length}`]),
    ...named('EVENT', events),
    ...(isSummary ? [] : named('STAT', stats)),
    'END',
  ];
  return `${lines.join('\n')}\n`;
}

/** On one line. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to go
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

/** On one line, with nothing that ends a quotation. */
function plain(text: string): string {
  return oneLine(text).replaceAll('"', "'");
}

function quotedLine(word: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${word} "${plain(value)}"`];
}

function named(word: string, list: readonly NamedId[]): string[] {
  return list.map(({ id, name }) => `${word} ${id} ${plain(name)}`);
}

function smpMode(nodeOf: readonly number[]): string[] {
  const nodes = new Set(nodeOf).size;
  const nodeSize = nodeOf.length / nodes;
  const isEven = Number.isInteger(nodeSize) && nodeOf.every((node, pe) => node === Math.floor(pe / nodeSize));
  return isEven && nodes < nodeOf.length ? [`SMPMODE ${nodeSize} ${nodes}`] : [];
}
