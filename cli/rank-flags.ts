/** Options of MPI programs, for all commands that run them. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { RankOptions } from '../launch/rank-program.ts';

export interface RankFlags {
  readonly vp?: number;
  readonly map?: string;
  readonly eagerBytes?: number;
}

export function addRankOptions(command: Command): Command {
  return command
    .option('--vp <n>', 'number of ranks, any number on each PE (default: one for each PE)', count(1))
    .option(
      '--map <name|file>',
      'where ranks begin: block (default), roundRobin, a placement that the program exports, or a file with the PE of each rank',
    )
    .option(
      '--eager-bytes <n>',
      'messages up to so many bytes do not wait for their receiver (default: 4095)',
      count(0),
    );
}

/** @throws Error for a map file that is none. */
export function ranksOf({ vp, map, eagerBytes }: RankFlags): RankOptions {
  return {
    ...(vp === undefined ? {} : { vp }),
    ...(map === undefined ? {} : { map: /[./]/.test(map) ? readMap(map) : map }),
    ...(eagerBytes === undefined ? {} : { eagerBytes }),
  };
}

/** The flags without those of ranks. */
export function withoutRanks<F extends RankFlags>(flags: F): Omit<F, keyof RankFlags> {
  const { vp: _vp, map: _map, eagerBytes: _eagerBytes, ...others } = flags;
  return others;
}

function readMap(file: string): number[] {
  const pes = readFileSync(file, 'utf8')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(Number);
  if (pes.length > 0 && pes.every((pe) => Number.isInteger(pe) && pe >= 0)) return pes;
  throw new Error(`${file} is no map of ranks: it must contain numbers of PEs, one for each rank`);
}

function count(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min) return value;
    throw new InvalidArgumentError(`expected an integer, ${min} or more.`);
  };
}
