/** MPI_Dims_create: extents of a grid for a number of ranks, as equal as possible, the larger ones first. */
import { MpiError } from '../errors.ts';

/** Entries above 0 are kept. @throws MpiError DIMS if they do not divide the number of ranks */
export function dimsCreate(ranks: number, dims: readonly number[]): number[] {
  const fixed = dims.filter((extent) => extent > 0).reduce((product, extent) => product * extent, 1);
  if (dims.some((extent) => extent < 0 || !Number.isInteger(extent)) || ranks % fixed !== 0)
    throw new MpiError('DIMS', `${ranks} ranks can't be laid out as ${dims.join(' x ')}`);
  const free = dims.filter((extent) => extent === 0).length;
  const rest = ranks / fixed;
  if (free === 0) {
    if (rest === 1) return [...dims];
    throw new MpiError('DIMS', `a grid of ${dims.join(' x ')} does not have ${ranks} ranks`);
  }
  const found = mostEqual(rest, free, rest) ?? [];
  let next = 0;
  return dims.map((extent) => (extent > 0 ? extent : found[next++]!));
}

/** Not rising factors whose largest and smallest are nearest to each other. */
function mostEqual(product: number, count: number, max: number): number[] | undefined {
  if (count === 1) return product <= max ? [product] : undefined;
  let best: number[] | undefined;
  for (let first = Math.ceil(product ** (1 / count) - 1e-9); first <= Math.min(product, max); first++) {
    if (product % first !== 0) continue;
    const rest = mostEqual(product / first, count - 1, first);
    if (rest === undefined) continue;
    const spread = first - rest.at(-1)!;
    if (best === undefined || spread < best[0]! - best.at(-1)!) best = [first, ...rest];
    // A larger first factor only spreads them more.
    if (best[0]! - best.at(-1)! <= first - best.at(-1)!) break;
  }
  return best;
}
