/** What every part of the page is handed. */
import type { TraceSource, ViewInfo } from '../protocol.ts';
import type { Palette } from './colors.ts';
import type { Store } from './state.ts';

export interface Context {
  readonly source: TraceSource;
  readonly info: ViewInfo;
  readonly store: Store;
  readonly palette: Palette;
  /** Other traces that were opened with this one. */
  readonly others: readonly { readonly name: string; readonly source: TraceSource }[];
  /** Says what went wrong, where the user looks. */
  report(error: unknown): void;
  entryName(row: number): string;
}
