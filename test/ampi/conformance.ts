/**
 * Runs MPI programs of the conformance suite: each case on several numbers of ranks, on one and two PEs of one process and on one
 * PE of two, with messages picked at random from a seed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MPI, rankProgram } from '../../ampi/index.ts';
import { runInThread } from '../../launch/in-thread.ts';
import { formatReport } from '../../launch/report.ts';

export type Main = (mpi: MPI) => unknown;

/** Nodes x PEs. */
const layouts = [
  { pes: 1, pesPerNode: 1 },
  { pes: 2, pesPerNode: 2 },
  { pes: 2, pesPerNode: 1 },
];
const rankCounts = [1, 2, 3, 5, 8];
const seedsPerLayout = 2;

export interface CaseOptions {
  /** Fewer ranks have nothing to do. */
  readonly ranksMin?: number;
  readonly ranks?: readonly number[];
  readonly eagerBytes?: number;
}

/** One row of the suite: the program must end by itself, with nothing thrown on any rank. */
export function conforms(name: string, main: Main, options: CaseOptions = {}): void {
  it(name, async () => {
    const { ranksMin = 1, ranks = rankCounts, eagerBytes } = options;
    for (const vp of ranks) {
      if (vp < ranksMin) continue;
      for (const layout of layouts) {
        for (let n = 0; n < seedsPerLayout; n++) {
          const seed = seedOf(vp, n);
          const program = rankProgram(main, { vp, ...(eagerBytes === undefined ? {} : { eagerBytes }) });
          const { exitCode, error } = await runInThread({ program, ...layout, seed, shuffle: true });
          const where = `${vp} ranks, ${layout.pes} PEs, ${layout.pesPerNode} a node, seed ${seed} (AMPI_SEED=${base})`;
          assert.equal(error === undefined ? '' : formatReport(error), '', where);
          assert.equal(exitCode, 0, where);
        }
      }
    }
  });
}

/** A case that must fail, with a report that says so. */
export function failsWith(name: string, pattern: RegExp, main: Main, ranks = 2): void {
  it(name, async () => {
    // A job that looks whether it is stuck does not keep the event loop alive by itself.
    const alive = setInterval(() => undefined, 1000);
    try {
      await failsOnAll(pattern, main, ranks);
    } finally {
      clearInterval(alive);
    }
  });
}

async function failsOnAll(pattern: RegExp, main: Main, ranks: number): Promise<void> {
  for (const layout of layouts) {
    const { exitCode, error } = await runInThread({
      program: rankProgram(main, { vp: ranks }),
      ...layout,
      seed: base,
    });
    assert.notEqual(exitCode, 0);
    assert.match(formatReport(error as Error), pattern);
  }
}

const base = Number(process.env['AMPI_SEED'] ?? Math.floor(Math.random() * 1e6));

function seedOf(vp: number, n: number): number {
  return base + 1000 * n + vp;
}

export { assert, describe };
