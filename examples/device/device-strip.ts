/**
 * The chare that owns a strip. It treats every command of the driver alike:
 *
 *   1. `run` arrives by broadcast; the strip begins, and sends its boundary rows to its two neighbours;
 *   2. when both neighbours' rows are there, it finishes and contributes its share to a reduction.
 *
 * Invariant: a row is at most one command early, since a command is given when every strip has contributed to the one
 * before, for which it needed all its rows. So one place per side is enough to keep a row until it is wanted.
 *
 * All state is plain fields, and between two commands none of it is under way: a strip can move to another PE there.
 */
import { Chare, type Future, Reducer } from 'charm4ts';
import type { Device } from './device-file.ts';
import { begin, boundaryRow, type Command, finish, isExchanging, receiveRow, type Share, type Side } from './step.ts';
import { createStrip, type Strip } from './strip.ts';

/** What a strip has cost so far. */
export interface StripUsage {
  /** Seconds of work, by the PE that did it. */
  readonly busySeconds: Float64Array;
  /** Where it is now, and where it was made. */
  readonly pe: number;
  readonly madeOn: number;
}

interface Task {
  readonly command: Command;
  readonly done: Future<Share[]>;
}

export class DeviceStrip extends Chare<number> {
  readonly strip: Strip;
  readonly busySeconds: Float64Array;
  readonly madeOn: number;
  /** Where it was when the trial began. */
  balancedTo: number | undefined = undefined;
  task: Task | undefined = undefined;
  /** Rows that have arrived from the neighbours and are not used yet. */
  readonly rows: Record<Side, Float64Array | undefined> = { above: undefined, below: undefined };

  constructor(device: Device) {
    super();
    this.strip = createStrip(device, this.index);
    this.busySeconds = new Float64Array(this.charm.pes);
    this.madeOn = this.charm.pe;
  }

  /** A command of the driver. */
  run(command: Command, done: Future<Share[]>): void {
    const { strip } = this;
    const started = this.charm.now();
    begin(strip, command);
    this.busySeconds[this.charm.pe]! += this.charm.now() - started;
    if (isExchanging(command)) {
      if (strip.index > 0) this.array.at(strip.index - 1).row('below', boundaryRow(strip, command, 'above'));
      if (strip.index < strip.strips - 1)
        this.array.at(strip.index + 1).row('above', boundaryRow(strip, command, 'below'));
    }
    this.task = { command, done };
    this._finishIfComplete();
  }

  /** The boundary row of the neighbour on `side`. */
  row(side: Side, values: Float64Array): void {
    this.rows[side] = values;
    this._finishIfComplete();
  }

  /** For the trial of what balancing has saved: to where it was made, or back to where it was balanced to. */
  place(isWhereMade: boolean): void {
    this.balancedTo ??= this.charm.pe;
    const to = isWhereMade ? this.madeOn : this.balancedTo;
    if (this.charm.pe !== to) this.migrateTo(to);
  }

  /** Reports the cost so far. */
  reportUsage(done: Future<StripUsage[]>): void {
    this.contribute({ busySeconds: this.busySeconds, pe: this.charm.pe, madeOn: this.madeOn }, Reducer.gather(), done);
  }

  _finishIfComplete(): void {
    const { strip, task, rows } = this;
    if (task === undefined) return;
    const { command, done } = task;
    if (isExchanging(command)) {
      if (strip.index > 0 && rows.above === undefined) return;
      if (strip.index < strip.strips - 1 && rows.below === undefined) return;
    }
    const started = this.charm.now();
    this._takeRow(command, 'above');
    this._takeRow(command, 'below');
    this.task = undefined;
    const share = finish(strip, command);
    this.busySeconds[this.charm.pe]! += this.charm.now() - started;
    this.contribute(share, Reducer.gather(), done);
  }

  _takeRow(command: Command, side: Side): void {
    const row = this.rows[side];
    if (row === undefined || !isExchanging(command)) return;
    receiveRow(this.strip, command, side, row);
    this.rows[side] = undefined;
  }
}
