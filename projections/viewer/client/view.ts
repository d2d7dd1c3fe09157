/** What the page asks of a view: a picture, a table with the same numbers, and reactions. */
import type { Context } from './context.ts';
import type { Painter } from './painter.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers are shown by this, and sorted by themselves. */
  readonly format?: (value: number) => string;
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What a click on a row does. */
  readonly onRow?: (row: number) => void;
  /** Said below: what was left out. */
  readonly note?: string;
}

export interface View {
  readonly id: string;
  readonly title: string;
  /** One line: what question it answers. */
  readonly question: string;
  /** Controls of the view, above the picture. */
  readonly controls: HTMLElement;
  /** What is shown in place of a canvas; `undefined` for a view that is only a table. */
  readonly body: HTMLElement;
  /** Takes what is current: the selection, the palette, the size. Called often. */
  update(context: Context): void;
  /** Draws what is shown, in any size. */
  paint(painter: Painter): void;
  table(): Promise<Table>;
  /** @returns whether it was for this view. */
  key?(event: KeyboardEvent): boolean;
}

/** Whether a key is meant for the page and not for a field. */
export function isForPage({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  return !(target instanceof HTMLElement && target.closest('input, select, textarea') !== null);
}
