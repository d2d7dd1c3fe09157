/** What `charm4ts top` and `ps` show, as text. */
import type { WholeView } from '../../launch/live/job-client.ts';
import type { JobRates } from './rates.ts';

const barWidth = 20;

export function topFrame({ view, pes, busy, messagesPerSecond, queue, heapBytes }: JobRates, now: Date): string {
  const all = pes.length + view.silent.length;
  const running = Math.max(0, (now.getTime() - Date.parse(view.startedAt)) / 1000);
  const lines = [
    `job ${view.job}: ${clean(view.program)}`,
    `${count(all, 'PE')}, ${count(view.nodes, 'node')}, running for ${running.toFixed(0)} s`,
    `busy ${percent(busy)}, ${number(messagesPerSecond)} messages/s, ${number(queue)} queued, heap ${size(heapBytes)}`,
    lastStep(view),
    '',
    table([
      ['PE', 'node', 'busy', '', 'queue', 'msg/s', 'heap', 'elements', 'busiest element'],
      ...pes.map((pe) => [
        String(pe.pe),
        String(pe.node),
        bar(pe.busy),
        percent(pe.busy),
        number(pe.queue),
        number(pe.messagesPerSecond),
        size(pe.heapBytes),
        number(pe.elements),
        clean(pe.busiest),
      ]),
    ]),
    ...view.silent.map(({ pe, running: what }) => `PE ${pe} does not answer: it runs ${clean(what)}`),
    '',
    busiestElements(view),
  ];
  return lines.filter((line) => line !== undefined).join('\n');
}

function lastStep({ pes }: WholeView): string {
  const step = pes.find(({ lastStep: last }) => last !== null)?.lastStep;
  if (step === undefined || step === null) return 'no load-balancing step yet';
  return `LB step ${step.step} (${clean(step.strategy)}, ${step.trigger}): busiest over mean ${step.before.toFixed(2)} -> ${step.after.toFixed(2)}, ${count(step.migrations, 'migration')} of ${count(step.objects, 'object')}, ${(1e3 * step.seconds).toFixed(1)} ms`;
}

const busiestMax = 10;

function busiestElements({ pes }: WholeView): string {
  const elements = pes.flatMap(({ pe, elements: own }) => own.map((element) => ({ pe, ...element })));
  elements.sort((a, b) => b.load - a.load);
  const rows = elements
    .slice(0, busiestMax)
    .map(({ name, pe, load }) => [clean(name), String(pe), `${load.toFixed(3)} s`]);
  return rows.length === 0 ? '' : table([['busiest elements since the last LB step', 'PE', 'load'], ...rows], 1);
}

/** Collections, and their elements with PE and load. */
export function psText(view: WholeView, elementsMax: number): string {
  const collections = new Map<string, { kind: string; elements: number; load: number; pes: number[] }>();
  for (const { pe, collections: own } of view.pes)
    for (const { name, kind, elements, load } of own) {
      const known = collections.get(`${kind} ${name}`) ?? { kind, elements: 0, load: 0, pes: [] };
      known.elements += elements;
      known.load += load;
      known.pes.push(pe);
      collections.set(`${kind} ${name}`, known);
    }
  const rows = [...collections].map(([key, { kind, elements, load, pes }]) => [
    clean(key.slice(kind.length + 1)),
    kind,
    number(elements),
    `${load.toFixed(3)} s`,
    pes.length === view.pes.length ? 'all' : pes.join(' '),
  ]);
  const elements = view.pes.flatMap(({ pe, node, elements: own }) => own.map((element) => ({ pe, node, ...element })));
  elements.sort((a, b) => b.load - a.load);
  const shown = elements
    .slice(0, elementsMax)
    .map(({ name, pe, node, load }) => [clean(name), String(pe), String(node), `${load.toFixed(6)} s`]);
  const lines = [
    `job ${view.job}: ${clean(view.program)}`,
    '',
    table([['collection', 'kind', 'elements', 'load', 'PEs'], ...rows], 2),
    '',
    table([['element', 'PE', 'node', 'load'], ...shown], 1),
  ];
  if (elements.length > shown.length) lines.push(`and ${elements.length - shown.length} more (--all, or --json)`);
  for (const { pe, running } of view.silent) lines.push(`PE ${pe} does not answer: it runs ${clean(running)}`);
  return lines.join('\n');
}

function bar(share: number): string {
  const full = Number.isNaN(share) ? 0 : Math.round(share * barWidth);
  return '#'.repeat(full).padEnd(barWidth, '.');
}

/** Columns from `texts` on are numbers; the last column of `top` is a text too. */
function table(rows: readonly (readonly string[])[], texts = 0): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const last = rows[0]!.length - 1;
  return rows
    .map((cells) =>
      cells
        .map((cell, i) =>
          i < texts || (texts === 0 && i === last) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names are the program's: nothing in them may move the cursor. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to go
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (value < 1e4) return String(Math.round(value));
  return value < 1e7 ? `${(value / 1e3).toFixed(0)} k` : `${(value / 1e6).toFixed(1)} M`;
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
