/** `charm4ts ampi`: an MPI program on virtual ranks. */
import { Command } from 'commander';
import { describeFailure } from '../launch/describe-failure.ts';
import { addRankOptions, type RankFlags, ranksOf, withoutRanks } from './rank-flags.ts';
import { addRunOptions, type RunFlags, run } from './run.ts';

export function ampiCommand(): Command {
  const program =
    'a .ts, .mts, .js or .mjs file with `export default async function main(mpi: MPI)`, which runs on each rank';
  return addRankOptions(addRunOptions(new Command('ampi'), program))
    .description('Run an MPI program: each rank is a chare, and a PE has any number of them.')
    .addHelpText('after', examples)
    .action(runRanks);
}

const examples = `
Examples:
  charm4ts ampi prog.ts --vp 16 --pes 2       16 ranks on two PEs
  charm4ts ampi prog.ts --vp 16 --pes 2 --nodes 2    on two processes of two PEs each
  charm4ts ampi prog.ts --vp 8 --map roundRobin      neighbours on different PEs
  charm4ts ampi prog.ts --vp 4 --map map.txt  rank i begins on the PE that the i-th number of the file says
  charm4ts ampi prog.ts --vp 8 --pes 2 --trace dir   then charm4ts projections dir
  charm4ts ampi prog.ts --vp 8 mesh.json -- --verbose   words after the program are its arguments (mpi.args)

Exit code: 0, or what the program passed to mpi.abort; 1 after an error.`;

async function runRanks(program: string, args: string[], flags: RunFlags & RankFlags, self: Command): Promise<void> {
  let ranks: ReturnType<typeof ranksOf>;
  try {
    ranks = ranksOf(flags);
  } catch (error) {
    return self.error(`error: --map: ${describeFailure(error)}`);
  }
  await run(program, args, withoutRanks(flags), self, ranks);
}
