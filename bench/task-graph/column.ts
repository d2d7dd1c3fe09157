/**
 * A column of a task graph as a chare.
 *
 *   1. `start` makes the tables of the pattern: how many inputs a task has, and who takes its output.
 *   2. A message is one output of one task: the step that it is for, the column that it comes from, and its bytes. It is
 *      counted for its step, which can be later than the one that this column is in.
 *   3. The message that completes the inputs of the current step runs the task: it computes, and sends its output to all
 *      that take it. Outputs to the own column are messages like any others, and so is the turn of a task without inputs.
 *
 * Checked, for each input: that it comes from a task that this task depends on, that it is the first from there for this
 * step, and that its bytes are those of that task.
 *
 * Counting, and not an attribute `when`: it is the cheapest way to let messages wait that keep nothing but their count.
 */
import { type Callback, Chare, type ElementProxy, Reducer } from '../../core/index.ts';
import { multiplyAdd } from './kernel.ts';
import { patternNamed } from './patterns.ts';

export interface Run {
  readonly pattern: string;
  readonly width: number;
  readonly radix: number;
  readonly steps: number;
  /** Iterations of the kernel in each task. */
  readonly grain: number;
  /** Bytes of an output; the first 16 are its step and column. */
  readonly bytes: number;
}

const headerBytes = 16;

/** What repeats with the pattern's period. */
interface Phase {
  readonly inputs: number;
  /** 1 for each column that is an input. */
  readonly isInput: Uint8Array;
  /** Those that take what a task of this phase makes. */
  readonly takers: readonly ElementProxy<Column>[];
}

export class Column extends Chare<number> {
  #run: Run | undefined = undefined;
  #done: Callback<number> | undefined = undefined;
  #phases: readonly Phase[] = [];
  /** The next task, and the first step that this column has a task in. */
  #step = 0;
  /** Inputs that have come, by step modulo the length; a power of two. */
  #arrived = new Int32Array(8);
  /** Payloads that wait for their task, likewise. */
  #payloads: Uint8Array[][] = [];
  /** By column: the last step that an input has come for. */
  #lastStep = new Int32Array(0);
  #wrong = 0;
  #result = 0;

  /** Gets ready for a run. No message of it may be under way. */
  prepare(run: Run, ready: Callback<unknown>): void {
    const pattern = patternNamed(run.pattern);
    const period = pattern.period(run);
    const inputsOf = Array.from({ length: period }, (_, phase) =>
      Array.from({ length: run.width }, (_unused, point) => pattern.inputs(run, phase, point)),
    );
    this.#phases = inputsOf.map((inputs, phase): Phase => {
      const own = inputs[this.index]!;
      const next = inputsOf[(phase + 1) % period]!;
      const takers = next.flatMap((theirs, point) => (theirs.includes(this.index) ? [point] : []));
      return {
        inputs: own.length,
        isInput: Uint8Array.from({ length: run.width }, (_, point) => (own.includes(point) ? 1 : 0)),
        takers: takers.map((point) => this.array.at(point)),
      };
    });
    this.#run = run;
    this.#step = 0;
    while ((pattern.width?.(run, this.#step) ?? run.width) <= this.index) this.#step++;
    this.#arrived = new Int32Array(8);
    this.#payloads = [];
    this.#lastStep = new Int32Array(run.width).fill(-1);
    this.#wrong = 0;
    this.contribute(1, Reducer.nop, ready);
  }

  /** `done` gets the number of wrong inputs, summed over all columns. */
  start(done: Callback<number>): void {
    this.#done = done;
    // Tasks of the first step have no inputs, whatever the pattern.
    if (this.#step === 0) this.#compute();
    this.#goOn();
  }

  /** The turn of a task without inputs. */
  turn(): void {
    this.#compute();
    this.#goOn();
  }

  /** An output of the task of column `from` in the step before `step`. */
  input(step: number, from: number, payload: Uint8Array | undefined): void {
    const phases = this.#phases;
    const phase = phases.length === 1 ? phases[0]! : phases[step % phases.length]!;
    if (phase.isInput[from] !== 1 || step < this.#step || this.#lastStep[from]! >= step) this.#wrong++;
    this.#lastStep[from] = step;
    if (step - this.#step >= this.#arrived.length) this.#grow();
    const slot = step & (this.#arrived.length - 1);
    if (payload !== undefined) this.#keep(slot, step, from, payload);
    const arrived = this.#arrived[slot]! + 1;
    this.#arrived[slot] = arrived;
    if (arrived < phase.inputs || step !== this.#step || this.#done === undefined) return;
    this.#compute();
    this.#goOn();
  }

  /** Runs tasks whose inputs have come meanwhile; asks for the turn of one without inputs; or ends. */
  #goOn(): void {
    const { steps } = this.#run!;
    for (;;) {
      if (this.#step === steps) return this.#finish();
      const { inputs } = this.#phases[this.#step % this.#phases.length]!;
      if (inputs === 0) return this.self.turn();
      if (this.#arrived[this.#step & (this.#arrived.length - 1)]! < inputs) return;
      this.#compute();
    }
  }

  #compute(): void {
    const { grain, bytes, steps } = this.#run!;
    const step = this.#step;
    const slot = step & (this.#arrived.length - 1);
    this.#arrived[slot] = 0;
    if (bytes > headerBytes) this.#payloads[slot] = [];
    this.#result += multiplyAdd(grain);
    this.#step = step + 1;
    if (step + 1 === steps) return;
    const { takers } = this.#phases[step % this.#phases.length]!;
    const index = this.index;
    const payload = bytes > headerBytes ? new Uint8Array(bytes - headerBytes).fill(step + index) : undefined;
    for (let i = 0; i < takers.length; i++) takers[i]!.input(step + 1, index, payload);
  }

  #finish(): void {
    if (Number.isNaN(this.#result)) this.#wrong++;
    const done = this.#done!;
    this.#done = undefined;
    this.contribute(this.#wrong, Reducer.sum, done);
  }

  /** A payload is kept until its task has run, as a program would. */
  #keep(slot: number, step: number, from: number, payload: Uint8Array): void {
    this.#payloads[slot] ??= [];
    this.#payloads[slot].push(payload);
    const expected = (step - 1 + from) & 255;
    if (payload[0] !== expected || payload.at(-1) !== expected) this.#wrong++;
  }

  /** A column whose inputs run ahead of it. */
  #grow(): void {
    const old = this.#arrived;
    const payloads = this.#payloads;
    this.#arrived = new Int32Array(2 * old.length);
    this.#payloads = [];
    for (let step = this.#step; step < this.#step + old.length; step++) {
      const [from, to] = [step & (old.length - 1), step & (2 * old.length - 1)];
      this.#arrived[to] = old[from]!;
      if (payloads[from] !== undefined) this.#payloads[to] = payloads[from];
    }
  }
}
