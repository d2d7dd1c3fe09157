/** A view whose answer depends on the selection alone. */
import type { Selection } from '../../analysis/selection.ts';
import type { Answer, Questions } from '../protocol.ts';
import { ChartView } from './chart-view.ts';
import type { Context } from './context.ts';

/** Questions about a selection, and nothing else. */
type SelectionQuestion = { [K in keyof Questions]: Selection extends Questions[K]['ask'] ? K : never }[keyof Questions];

export abstract class SelectionView<K extends SelectionQuestion> extends ChartView<Answer<K>> {
  protected abstract readonly asks: K;

  protected load({ source, store }: Context): Promise<Answer<K>> {
    return source.ask(this.asks, store.selection);
  }
}
