/** What a program adds to its trace, on one PE: names get numbers of the PE's own when they are first used. */
import { none, type Recorder } from '../../projections/index.ts';

export class UserRecords {
  readonly #recorder: Recorder;
  readonly #events = new Map<string, number>();
  readonly #statistics = new Map<string, number>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  #idOf(name: string, kind: 'event' | 'stat', ids: Map<string, number>): number {
    let id = ids.get(name);
    if (id === undefined) {
      id = ids.size + 1;
      ids.set(name, id);
      this.#recorder.define({ kind, id, name });
    }
    return id;
  }

  event(time: number, name: string): void {
    this.#recorder.point('userEvent', time, this.#idOf(name, 'event', this.#events), Number.NaN);
  }

  bracketBegin(time: number, name: string, nested: number): void {
    this.#recorder.beginBracket(time, this.#idOf(name, 'event', this.#events), nested);
  }

  bracketEnd(time: number, name: string, nested: number): void {
    this.#recorder.endBracket(time, this.#idOf(name, 'event', this.#events), nested);
  }

  note(time: number, text: string): void {
    this.#recorder.note(time, text);
  }

  statistic(time: number, name: string, value: number, at: number): void {
    this.#recorder.point('userStat', time, this.#idOf(name, 'stat', this.#statistics), value, at);
  }

  value(time: number, value: number): void {
    this.#recorder.point('userValue', time, none, value);
  }
}
