/**
 * The device simulation as the simulator sees it: who computes how long and sends what to whom, without the numbers.
 *
 *  1. The device is cut along its depth into strips. In a sub-cycle each strip relaxes its own rows with what it last
 *     heard from its neighbours, and sends them its boundary rows; it goes on as soon as both have sent theirs.
 *  2. A cycle is some sub-cycles and a reduction over all strips, the test of convergence.
 *  3. Where asked for, all strips wait for each other after every sub-cycle too; or all rows go through one node; or
 *     strips are balanced (AtSync) after each of the first three cycles.
 *
 * The mesh is that of a shallow junction whose depletion layer is meshed finely: a quarter of the depth has most of the
 * rows. A strip takes time by its rows; rows at the junction itself take longer, which a cut by rows does not foresee, and
 * the inner solver of a strip takes now more iterations, now fewer: its time varies from sub-cycle to sub-cycle.
 */
import { Chare, type Charm, type ElementProxy, Reducer } from '../../core/index.ts';
import type { ReportingProgram } from './simulate.ts';

export interface DeviceCycles {
  readonly strips: number;
  /** Equal slices of the depth, or equal numbers of rows. */
  readonly cut: 'equal' | 'by rows';
  readonly isBalanced?: boolean;
  readonly isSynchronised?: boolean;
  readonly isCentralised?: boolean;
}

/** Fine to 2.4 um, coarse from there to 10 um. */
const spacings = [
  { toUm: 2.4, um: 0.002 },
  { toUm: 10, um: 0.015 },
] as const;
const junctionUm = [0.5, 0.9] as const;
const junctionFactor = 1.5;
const columns = 242;
/** Potential and two densities. */
const fields = 3;
/** Sub-cycles of a strip take from 1 - this to 1 + this of its mean time. */
const variation = 0.5;
/** A node's update on a processor of 2004: some 200 floating-point operations. */
const nodeSeconds = 1e-6;
export const cycles = 6;
const subCycles = 20;
/** Steps of balancing come behind these cycles. */
const balancedAfter = [1, 2, 3];
/** Cycles that are measured: those behind the last balancing step. */
const measured = cycles - balancedAfter.length - 1;

/** Seconds of a sub-cycle on one processor, by row. */
export const rowSeconds: Float64Array = makeRows();

export const secondsOfCycle: number = subCycles * rowSeconds.reduce((sum, seconds) => sum + seconds, 0);

function rowDepths(): number[] {
  const depths: number[] = [];
  let depth = 0;
  for (const { toUm, um } of spacings) for (; depth < toUm - um / 2; depth += um) depths.push(depth);
  return depths;
}

function makeRows(): Float64Array {
  return Float64Array.from(rowDepths(), (depth) => {
    const isJunction = depth >= junctionUm[0] && depth < junctionUm[1];
    return columns * nodeSeconds * (isJunction ? junctionFactor : 1);
  });
}

/** First row of each strip, and the number of rows at the end. */
export function cutRows(strips: number, cut: DeviceCycles['cut']): number[] {
  const depths = rowDepths();
  const starts = [0];
  for (let strip = 1; strip < strips; strip++) {
    const at =
      cut === 'by rows'
        ? Math.round((depths.length * strip) / strips)
        : depths.findIndex((depth) => depth >= (10 * strip) / strips - 1e-9);
    // No strip is without a row.
    starts.push(Math.min(Math.max(at, starts[strip - 1]! + 1), depths.length - (strips - strip)));
  }
  starts.push(depths.length);
  return starts;
}

/** Uniform in [0, 1), the same wherever the strip is. */
function drawn(strip: number, subCycle: number): number {
  let x = Math.imul(strip + 1, 0x9e3779b1) ^ Math.imul(subCycle + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** A program that reports the virtual seconds of a cycle, once balanced. */
export function deviceCycles({
  strips,
  cut,
  isBalanced = false,
  isSynchronised = false,
  isCentralised = false,
}: DeviceCycles): ReportingProgram<number> {
  const starts = cutRows(strips, cut);

  return (report) => {
    /** Passes rows on, where all go through one node. */
    class Hub extends Chare {
      relay(strip: number, to: ElementProxy<Strip>, subCycle: number, row: Float64Array): void {
        to.row(subCycle, strip, row);
      }
    }

    class Strip extends Chare<number> {
      hub: ElementProxy<Hub> | undefined;
      /** Those before the current one are done. */
      subCycle = 0;
      cycle = 0;
      isWaiting = true;
      /** Rows that have come for this sub-cycle, and for the next. */
      rows = [0, 0];
      startedAt = 0;

      constructor(hub: ElementProxy<Hub> | undefined) {
        super();
        this.hub = hub;
      }

      go(): void {
        this.isWaiting = false;
        for (const neighbour of this._neighbours()) {
          const row = new Float64Array(columns * fields);
          const to = this.array.at(neighbour);
          if (this.hub === undefined) to.row(this.subCycle, this.index, row);
          else this.hub.relay(this.index, to, this.subCycle, row);
        }
        this._compute();
      }

      row(subCycle: number, _from: number, _row: Float64Array): void {
        this.rows[subCycle & 1]! += 1;
        this._compute();
      }

      _neighbours(): number[] {
        return [this.index - 1, this.index + 1].filter((strip) => strip >= 0 && strip < strips);
      }

      _compute(): void {
        const turn = this.subCycle & 1;
        if (this.isWaiting || this.rows[turn]! < this._neighbours().length) return;
        this.rows[turn] = 0;
        let seconds = 0;
        for (let row = starts[this.index]!; row < starts[this.index + 1]!; row++) seconds += rowSeconds[row]!;
        this.charm.work(seconds * (1 - variation + 2 * variation * drawn(this.index, this.subCycle)));
        this.subCycle++;
        this.isWaiting = true;
        if (this.subCycle % subCycles === 0) this.contribute(1, Reducer.sum, this.array.all.callback.tested);
        else if (isSynchronised) this.contribute(1, Reducer.sum, this.array.all.callback.go);
        else this.go();
      }

      tested(): void {
        this.cycle++;
        if (this.index === 0 && this.cycle === cycles - measured) this.startedAt = this.charm.now();
        if (this.cycle === cycles) {
          if (this.index === 0) report((this.charm.now() - this.startedAt) / measured);
          this.contribute(0, Reducer.sum, this.charm.exitCallback);
        } else if (isBalanced && balancedAfter.includes(this.cycle)) void this.atSync();
        else this.go();
      }

      resumeFromSync(): void {
        this.go();
      }
    }

    const main = async (charm: Charm): Promise<void> => {
      const hub = isCentralised ? await charm.chare(Hub, { onPe: 0 }) : undefined;
      const array = await charm.array(Strip, { size: strips, args: [hub], usesAtSync: isBalanced });
      array.all.go();
    };
    return { default: main, Hub, Strip };
  };
}
