/** The entry methods beside the views: colour, share of the time, and the filter. Also the filters by PE and chare. */
import type { EntryProfile } from '../../analysis/profile.ts';
import type { Context } from './context.ts';
import { button, el } from './dom.ts';
import { formatCount, formatRanges, formatShare, formatTime, parseRanges } from './format.ts';

const rowsMax = 200;

export class Legend {
  readonly element: HTMLElement = el('aside', { class: 'legend', 'aria-label': 'entry methods and filters' });
  #asked = '';
  #profile: EntryProfile | undefined;

  update(context: Context): void {
    this.#render(context);
    void this.#load(context);
  }

  async #load(context: Context): Promise<void> {
    const { entries: _all, ...selection } = context.store.selection;
    const key = JSON.stringify([selection, context.info.end]);
    if (key === this.#asked) return;
    this.#asked = key;
    try {
      const profile = await context.source.ask('profile', selection);
      if (key !== this.#asked) return;
      this.#profile = profile;
      this.#render(context);
    } catch (error) {
      context.report(error);
    }
  }

  #render(context: Context): void {
    // Not while somebody is typing in it.
    if (this.element.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement) return;
    const profile = this.#profile;
    const parts = [this.#filters(context)];
    if (profile !== undefined) parts.push(this.#totals(profile), this.#list(profile, context));
    this.element.replaceChildren(...parts);
  }

  #filters({ store, info }: Context): HTMLElement {
    const { pes, chare, entries } = store.state;
    const peField = el('input', {
      type: 'text',
      placeholder: `all ${info.pes.length}, e.g. 0-7,16-31:2`,
      value: pes === undefined ? '' : formatRanges(pes),
      'aria-label': 'PEs',
      onchange: () => {
        const text = peField.value.trim();
        const chosen = text === '' ? undefined : parseRanges(text, info.pes.at(-1) ?? 0);
        peField.setCustomValidity(text !== '' && chosen === undefined ? 'PEs like 0-7,16-31:2' : '');
        if (peField.reportValidity()) store.set({ pes: chosen });
      },
    });
    const chareField = el('input', {
      type: 'text',
      placeholder: 'all, e.g. Block or Block[3,4]',
      value: chare,
      'aria-label': 'chare',
      onchange: () => store.set({ chare: chareField.value.trim() }),
    });
    const isFiltered = pes !== undefined || chare !== '' || entries !== undefined;
    const clear = button('show all', 'drop all filters', () => {
      store.set({ pes: undefined, chare: '', entries: undefined });
    });
    clear.disabled = !isFiltered;
    return el(
      'div',
      { class: 'filters' },
      el('label', {}, 'PEs', peField),
      el('label', {}, 'chare', chareField),
      clear,
    );
  }

  #totals({ time, totalBusy, idle, pes }: EntryProfile): HTMLElement {
    const rest = Math.max(0, time - totalBusy - idle);
    const fact = (name: string, value: number): string => `${name} ${formatShare(value / Math.max(1, time))}`;
    return el(
      'p',
      { class: 'totals', title: `${formatTime(time)} of ${pes} PEs together` },
      [fact('busy', totalBusy), fact('idle', idle), fact('rest', rest)].join(' · '),
    );
  }

  #list(profile: EntryProfile, context: Context): HTMLElement {
    const rows = Array.from(profile.entry.subarray(0, rowsMax), (entry, i) => this.#row(entry, i, profile, context));
    return el('ul', { class: 'entries' }, ...rows);
  }

  #row(entry: number, i: number, profile: EntryProfile, { palette, entryName, store }: Context): HTMLElement {
    const { entries } = store.state;
    const share = profile.busy[i]! / Math.max(1, profile.time);
    const swatch = el('span', { class: 'swatch' });
    swatch.style.background = palette.entry(entry);
    const bar = el('span', { class: 'bar' });
    bar.style.width = `${(100 * profile.busy[i]!) / Math.max(1, profile.busy[0]!)}%`;
    bar.style.background = palette.entry(entry);
    const count = profile.count[i]!;
    const mean = `${formatCount(count)} × ${formatTime(profile.busy[i]! / count)}`;
    const row = button('', `${entryName(entry)}: ${mean}, longest ${formatTime(profile.longest[i]!)}`, () =>
      store.set({ entries: toggled(entries, entry) }),
    );
    row.append(
      swatch,
      el('span', { class: 'name' }, entryName(entry)),
      el('span', { class: 'share' }, formatShare(share)),
      bar,
    );
    row.setAttribute('aria-pressed', String(entries?.includes(entry) ?? false));
    return el('li', { class: entries === undefined || entries.includes(entry) ? '' : 'off' }, row);
  }
}

/** With one entry method more, or less; none is the same as all. */
function toggled(entries: readonly number[] | undefined, entry: number): number[] | undefined {
  const rest = (entries ?? []).filter((other) => other !== entry);
  if (entries?.includes(entry) !== true) rest.push(entry);
  return rest.length === 0 ? undefined : rest;
}
