/**
 * PRK random: updates of random places of a table that is spread over all ranks. Each rank makes updates, sorts them by owner and
 * exchanges them with `alltoallv`. All are done twice: x ^ v ^ v = x, so the table must be what it was.
 *
 *     charm4ts ampi examples/prk/random.ts --vp 4 --pes 2 -- bits=20 ratio=4
 */
import { type MPI, SUM } from 'charm4ts/ampi';
import { displacements } from '../support/displacements.ts';
import { settingsFrom } from '../support/settings.ts';
import { report } from './report.ts';

const updatesAtOnce = 1024;

export default async function main(mpi: MPI): Promise<void> {
  const { bits, ratio } = settingsFrom(mpi.args, { bits: 14, ratio: 4 });
  const words = 2 ** bits;
  if (words % mpi.size !== 0) throw new Error(`a table of 2^${bits} words is no multiple of ${mpi.size} ranks`);
  const count = words / mpi.size;
  const first = count * mpi.rank;
  const table = new Int32Array(count).map((_, i) => first + i);
  const perRank = (ratio * words) / mpi.size;

  await mpi.world.barrier();
  const start = mpi.wtime();
  let touched = 0;
  for (let pass = 0; pass < 2; pass++) {
    let state = (mpi.rank + 1) * 0x9e3779b9;
    const next = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state;
    };
    for (let done = 0; done < perRank; done += updatesAtOnce) {
      const updates = Int32Array.from({ length: Math.min(updatesAtOnce, perRank - done) }, next);
      touched += await exchangeAndUpdate(mpi, updates, table, words, first);
    }
    // The check would say nothing of a table that no update has reached.
    if (pass === 0) await mustHaveChanged(mpi, table, first);
  }
  const seconds = mpi.wtime() - start;

  const wrong = new Int32Array([table.reduce((n, word, i) => n + (word === first + i ? 0 : 1), 0), touched]);
  await mpi.world.allreduce(wrong.slice(), wrong, SUM);
  const expected = 2 * perRank * mpi.size;
  const isRight = wrong[0] === 0 && wrong[1] === expected;
  const what = `${wrong[0]} words are wrong, ${wrong[1]} of ${expected} updates were made`;
  report(mpi, 'random', isRight, what, (expected / seconds) * 1e-3, 'thousand updates/s');
}

/** Returns how many updates came to this rank's part of the table. */
async function exchangeAndUpdate(
  { world, size }: MPI,
  updates: Int32Array,
  table: Int32Array,
  words: number,
  first: number,
): Promise<number> {
  const count = words / size;
  const ownerOf = (value: number): number => Math.floor((value & (words - 1)) / count);
  const out = new Int32Array(size);
  for (const value of updates) out[ownerOf(value)]!++;
  const starts = displacements(out);
  const next = starts.slice();
  const sorted = new Int32Array(updates.length);
  for (const value of updates) sorted[next[ownerOf(value)]!++] = value;
  const into = new Int32Array(size);
  await world.alltoall(out, into);
  const received = new Int32Array(into.reduce((sum, n) => sum + n, 0));
  await world.alltoallv(sorted, out, starts, received, into, displacements(into));
  for (const value of received) table[(value & (words - 1)) - first]! ^= value;
  return received.length;
}

async function mustHaveChanged({ world }: MPI, table: Int32Array, first: number): Promise<void> {
  const changed = new Int32Array([table.reduce((n, word, i) => n + (word === first + i ? 0 : 1), 0)]);
  await world.allreduce(changed.slice(), changed, SUM);
  if (changed[0] === 0) throw new Error('random: no update has reached the table');
}
