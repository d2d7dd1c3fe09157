/** The panel beside the views: one execution, what it was sent by and what it sent. Everything in it can be clicked. */
import type { ArrowEnd, ExecutionDetails, ExecutionId, SendDetails } from '../protocol.ts';
import type { Context } from './context.ts';
import { button, type Child, el } from './dom.ts';
import { formatBytes, formatMoment, formatTime } from './format.ts';

export interface DetailsActions {
  show(id: ExecutionId): void;
  step(direction: 1 | -1, same: 'pe' | 'entry' | 'element'): void;
  traceBack(): void;
  focus(): void;
  close(): void;
}

export function detailsPanel(details: ExecutionDetails, context: Context, actions: DetailsActions): HTMLElement {
  const { entryName, palette } = context;
  const swatch = el('span', { class: 'swatch' });
  swatch.style.background = palette.entry(details.entry);
  const close = button('×', 'let go (Esc)', actions.close);
  close.classList.add('close');
  return el(
    'div',
    { class: 'details' },
    el('div', { class: 'details-head' }, el('h2', {}, swatch, entryName(details.entry)), close),
    facts(details, context, actions),
    el(
      'div',
      { class: 'buttons' },
      button('‹ PE', 'execution before on this PE ([)', () => actions.step(-1, 'pe')),
      button('PE ›', 'next execution on this PE (])', () => actions.step(1, 'pe')),
      button('‹ method', 'execution of this entry method before ({)', () => actions.step(-1, 'entry')),
      button('method ›', 'next execution of this entry method (})', () => actions.step(1, 'entry')),
      button('‹ chare', 'execution of this chare before', () => actions.step(-1, 'element')),
      button('chare ›', 'next execution of this chare', () => actions.step(1, 'element')),
      button('show', 'zoom to it (E)', actions.focus),
      button('trace back', 'messages that led here, to the first (B)', actions.traceBack),
    ),
    sendList(details, context, actions),
  );
}

function facts(details: ExecutionDetails, context: Context, actions: DetailsActions): HTMLElement {
  const { begin, end, enqueued, sent, sender, source, store } = { ...details, store: context.store };
  const rows: [string, Child][] = [
    ['PE', String(details.pe)],
    ['chare', chareLink(details.element, context)],
    ['begins', formatMoment(begin, 1)],
    ['takes', formatTime(end - begin)],
  ];
  if (enqueued !== null) rows.push(['waited in the queue', formatTime(begin - enqueued)]);
  if (sent !== null) rows.push(['message took', `${formatTime(begin - sent)} from its send`]);
  if (details.wake === 'resumed') rows.push(['woken', 'goes on after an await']);
  if (details.bytes > 0) rows.push(['message', formatBytes(details.bytes)]);
  if (details.priority !== 0) rows.push(['priority', String(details.priority)]);
  if (sender !== null) rows.push(['sent by', endLink(sender, context, actions)]);
  else if (source >= 0) rows.push(['sent by', `PE ${source}, outside of an execution that was recorded`]);
  for (const note of details.notes) rows.push(['note', note]);
  void store;
  return el('dl', {}, ...rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

function chareLink(name: string, { store }: Context): HTMLElement {
  return button(name, 'only this chare, in all views', () => store.set({ chare: name }));
}

function endLink(end: ArrowEnd, { entryName }: Context, actions: DetailsActions): HTMLElement {
  const label = `${entryName(end.entry)} on PE ${end.pe}, ${end.element}`;
  const link = button(label, 'show that execution', () => actions.show(end));
  link.classList.add('link');
  return link;
}

function sendList(
  { sends, sendCount, begin }: ExecutionDetails,
  context: Context,
  actions: DetailsActions,
): HTMLElement {
  if (sendCount === 0) return el('p', { class: 'hint' }, 'It sent nothing.');
  const items = sends.map((send) => el('li', {}, ...sendParts(send, begin, context, actions)));
  const more = sendCount > sends.length ? `, the first ${sends.length}` : '';
  return el('div', {}, el('h3', {}, `Sent ${sendCount}${more}`), el('ol', { class: 'sends' }, ...items));
}

function sendParts(send: SendDetails, begin: number, context: Context, actions: DetailsActions): Child[] {
  const kind = send.kind === 'one' ? '' : `, ${send.kind} to ${send.receivers}`;
  const head = `after ${formatTime(send.time - begin)}: ${context.entryName(send.entry)}, ${formatBytes(send.bytes)}${kind}`;
  const targets = send.targets.slice(0, 8).map((target) => {
    const label = `PE ${target.pe} ${target.element}, ${formatTime(target.begin - send.time)} later`;
    const link = button(label, 'show where it was executed', () => actions.show(target));
    link.classList.add('link');
    return link;
  });
  return [el('div', {}, head), ...targets];
}
