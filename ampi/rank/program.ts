/**
 * From the main function of an MPI program to a program of chares: `charm4ts ampi` does it for a file; scripts and tests call
 * `rankProgram` themselves.
 *
 *  1. A group of one `AmpiPe` on each PE, then an array of ranks.
 *  2. `begin` on all of them runs the program.
 *  3. When all ranks of all worlds have ended, the job ends.
 */
import { type Charm, type Placement, placement } from '../../core/index.ts';
import { MpiError } from '../errors.ts';
import { AmpiPe } from './pe-table.ts';
import { RankChare, type RankMain } from './rank.ts';

export interface RankOptions {
  /** Number of ranks. Default: one for each PE. */
  readonly vp?: number;
  /** Where ranks begin: `block` (default), `roundRobin`, a placement that the program exports, or the PE of each rank, repeated. */
  readonly map?: 'block' | 'roundRobin' | Placement<number> | readonly number[];
  /** Messages up to so many bytes carry their data. Default: 4,095. */
  readonly eagerBytes?: number;
}

/** Above, a link would not copy an array at once, so it would have to be copied before. */
const eagerBytesUsual = 4095;

/** The exports of a program of chares that runs `main` on each rank. What ranks shall spawn must be among the `exported` functions. */
export function rankProgram(main: RankMain, options: RankOptions = {}, exported: object = {}): RankProgram {
  class AmpiRank extends RankChare {
    _main(name: string | undefined): RankMain {
      return name === undefined ? main : ((exported as Record<string, unknown>)[name] as RankMain);
    }

    _nameOf(wanted: RankMain): string | undefined {
      return Object.keys(exported).find((name) => (exported as Record<string, unknown>)[name] === wanted);
    }
  }
  if (typeof main !== 'function')
    throw new MpiError('OTHER', 'an MPI program has a main: `export default async function main(mpi: MPI) { ... }`');
  const { eagerBytes = eagerBytesUsual } = options;
  const map = mapOf(options.map);
  async function start(charm: Charm): Promise<void> {
    const { vp = charm.pes } = options;
    const pes = await charm.group(AmpiPe);
    await pes.at(0).ask.reserve(vp);
    const ranks = await charm.array(AmpiRank, {
      size: vp,
      map: map as 'block',
      args: [{ pes, protocol: { eagerBytes } }, 0, vp],
    });
    pes.at(0).register({ base: 0, size: vp, array: ranks });
    ranks.all.begin();
  }
  return { AmpiPe, AmpiRank, main: start, ...(typeof map === 'string' ? {} : { rankMap: map }) };
}

function mapOf(map: RankOptions['map'] = 'block'): 'block' | 'roundRobin' | Placement<number> {
  if (!isList(map)) return map;
  return placement<number>('rankMap', (rank, { pes }) => map[rank % map.length]! % pes);
}

function isList(map: unknown): map is readonly number[] {
  return Array.isArray(map) && map.length > 0;
}

export interface RankProgram {
  readonly AmpiPe: typeof AmpiPe;
  readonly AmpiRank: new (...args: ConstructorParameters<typeof RankChare>) => RankChare;
  readonly main: (charm: Charm) => Promise<void>;
  readonly [name: string]: unknown;
}
