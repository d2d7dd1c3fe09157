/**
 * From an MPI program (a file whose main runs once on each rank) to a program of chares: a small module around it, made by
 * `rankProgram` of charm4ts/ampi, which this folder knows by its address only.
 */
import { join } from 'node:path';
import { UsageError } from '../core/base/errors.ts';
import { cacheFolder, hash, ownExport, prepareProgram, writeModule } from './program-loader.ts';

export interface RankOptions {
  /** Number of ranks. Default: one for each PE. */
  readonly vp?: number;
  /** Where ranks begin: `block` (default), `roundRobin`, the name of a placement that the program exports, or the PE of each rank. */
  readonly map?: string | readonly number[];
  /** Messages up to so many bytes carry their data. Default: 4,095. */
  readonly eagerBytes?: number;
}

const ranksMax = 1 << 20;

/** Address of a program: of chares or, with `ranks`, of an MPI program made one. */
export async function prepareJob(program: string | URL, ranks: RankOptions | undefined): Promise<string> {
  if (ranks === undefined) return prepareProgram(program);
  const { vp } = ranks;
  if (vp !== undefined && (!Number.isInteger(vp) || vp < 1 || vp > ranksMax))
    throw new UsageError(`vp, the number of ranks, is an integer from 1 to ${ranksMax}, not ${vp}`);
  const code = moduleAround(await prepareProgram(program), ownExport('charm4ts/ampi'), ranks);
  return writeModule(join(cacheFolder(), `${hash(code)}.mjs`), code);
}

/** `url` and `ampi` are what the module imports: the program and charm4ts/ampi. */
export function moduleAround(url: string, ampi: string, { vp, map = 'block', eagerBytes }: RankOptions): string {
  const isBuiltIn = map === 'block' || map === 'roundRobin' || typeof map !== 'string';
  const place = isBuiltIn ? JSON.stringify(map) : `program[${JSON.stringify(map)}] ?? ${JSON.stringify(map)}`;
  const settings = [
    ...(vp === undefined ? [] : [`vp: ${vp}`]),
    ...(eagerBytes === undefined ? [] : [`eagerBytes: ${eagerBytes}`]),
    `map: ${place}`,
  ];
  return `import * as program from ${JSON.stringify(url)};
import { rankProgram } from ${JSON.stringify(ampi)};
export * from ${JSON.stringify(url)};
const made = rankProgram(program.default ?? program.main, { ${settings.join(', ')} }, program);
export const { AmpiPe, AmpiRank, rankMap } = made;
export default made.main;
`;
}
