/** Tables: sorted by a click on a column, cut to what a page can hold, saved whole as CSV. */
import { button, el, saveFile } from './dom.ts';
import type { Table } from './view.ts';

const rowsShownMax = 1000;

export function tableElement(table: Table, title: string): HTMLElement {
  const host = el('div', { class: 'table' });
  let sorted: { readonly column: number; readonly direction: 1 | -1 } | undefined;
  const render = (): void => {
    const order = sortedRows(table, sorted);
    const heads = table.columns.map((column, i) => {
      const sign = sorted?.column !== i ? '' : sorted.direction === 1 ? ' ▲' : ' ▼';
      return el(
        'th',
        { scope: 'col' },
        button(column.title + sign, 'sort', () => {
          sorted = { column: i, direction: sorted?.column === i && sorted.direction === -1 ? 1 : -1 };
          render();
        }),
      );
    });
    const rows = order.slice(0, rowsShownMax).map((row) => rowElement(table, row));
    const note = [
      table.note ?? '',
      order.length > rowsShownMax ? `${rowsShownMax} of ${order.length} rows are shown; CSV has all.` : '',
    ];
    host.replaceChildren(
      el('table', {}, el('caption', {}, title), el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows)),
      el('p', { class: 'hint' }, note.filter((part) => part !== '').join(' ')),
    );
  };
  render();
  return host;
}

function sortedRows(
  { rows }: Table,
  sorted: { readonly column: number; readonly direction: 1 | -1 } | undefined,
): number[] {
  const order = [...rows.keys()];
  if (sorted === undefined) return order;
  const { column, direction } = sorted;
  return order.sort((a, b) => {
    const [left, right] = [rows[a]![column]!, rows[b]![column]!];
    const sign =
      typeof left === 'number' && typeof right === 'number' ? left - right : String(left).localeCompare(String(right));
    return direction * sign || a - b;
  });
}

function rowElement({ rows, columns, onRow }: Table, row: number): HTMLElement {
  const cells = rows[row]!.map((value, i) => {
    const isNumber = typeof value === 'number';
    return el(
      'td',
      isNumber ? { class: 'number' } : {},
      isNumber ? (columns[i]?.format?.(value) ?? String(value)) : value,
    );
  });
  const element = el('tr', onRow === undefined ? {} : { class: 'clickable', tabindex: 0 }, ...cells);
  if (onRow === undefined) return element;
  element.addEventListener('click', () => onRow(row));
  element.addEventListener('keydown', ({ key }) => {
    if (key === 'Enter') onRow(row);
  });
  return element;
}

export function saveTable({ columns, rows }: Table, name: string): void {
  const lines = [columns.map(({ title }) => title), ...rows].map((row) => row.map(csvCell).join(','));
  saveFile(`${name}.csv`, new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }));
}

/** A text that begins like a formula is not run by a spreadsheet. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
