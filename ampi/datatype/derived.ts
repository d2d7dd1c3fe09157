/** Types made of others. Counts, blocks and displacements are as in the standard; the `h` variants take bytes. */
import { MpiError } from '../errors.ts';
import { Datatype, type ItemRun, type Recipe } from './datatype.ts';

/** A type at a displacement in bytes, repeated `count` times at its extent. */
interface Part {
  readonly type: Datatype;
  readonly at: number;
  readonly count: number;
}

function assemble(parts: Iterable<Part>, recipe: Recipe): Datatype {
  const offsets: number[] = [];
  const lengths: number[] = [];
  const runs: ItemRun[] = [];
  let lb = Number.POSITIVE_INFINITY;
  let ub = Number.NEGATIVE_INFINITY;
  let make: Datatype['make'] | null = null;
  for (const { type, at, count } of parts) {
    if (count === 0) continue;
    if (make === null) make = type.make;
    else if (make !== type.make) make = undefined;
    lb = Math.min(lb, at + type.lb, at + type.lb + (count - 1) * type.extent);
    ub = Math.max(ub, at + type.ub, at + type.ub + (count - 1) * type.extent);
    if (type.isContiguous) {
      addSegment(offsets, lengths, at, type.size * count);
      for (const run of type.runs) addRun(runs, run.bytes, run.count * (type.runs.length === 1 ? count : 1));
      if (type.runs.length > 1)
        for (let i = 1; i < count; i++) for (const run of type.runs) addRun(runs, run.bytes, run.count);
      continue;
    }
    for (let i = 0; i < count; i++) {
      const base = at + i * type.extent;
      for (let s = 0; s < type.offsets.length; s++)
        addSegment(offsets, lengths, base + type.offsets[s]!, type.lengths[s]!);
      for (const run of type.runs) addRun(runs, run.bytes, run.count);
    }
  }
  if (lb === Number.POSITIVE_INFINITY) lb = ub = 0;
  return new Datatype(recipe.combiner.toLowerCase(), { offsets, lengths, runs, lb, ub }, make ?? undefined, recipe);
}

function addSegment(offsets: number[], lengths: number[], at: number, bytes: number): void {
  if (bytes === 0) return;
  const last = offsets.length - 1;
  if (last >= 0 && offsets[last]! + lengths[last]! === at) lengths[last]! += bytes;
  else {
    offsets.push(at);
    lengths.push(bytes);
  }
}

function addRun(runs: ItemRun[], bytes: number, count: number): void {
  const last = runs.at(-1);
  if (last?.bytes === bytes) runs[runs.length - 1] = { bytes, count: last.count + count };
  else runs.push({ bytes, count });
}

function checkCount(count: number, what: string): void {
  if (!Number.isInteger(count) || count < 0)
    throw new MpiError('COUNT', `${what} must be an integer, 0 or more, not ${count}`);
}

function checkSameLength(a: readonly unknown[], b: readonly unknown[], what: string): void {
  if (a.length !== b.length) throw new MpiError('ARG', `${what}: ${a.length} of one and ${b.length} of the other`);
}

export function contiguous(count: number, type: Datatype): Datatype {
  checkCount(count, 'the count of a contiguous type');
  return assemble([{ type, at: 0, count }], { combiner: 'CONTIGUOUS', numbers: [count], types: [type] });
}

/** `count` blocks of `blockLength` items, `stride` items from one to the next. */
export function vector(count: number, blockLength: number, stride: number, type: Datatype): Datatype {
  const recipe = { combiner: 'VECTOR', numbers: [count, blockLength, stride], types: [type] };
  return blocks(count, blockLength, stride * type.extent, type, recipe);
}

/** The same with a stride in bytes. */
export function hvector(count: number, blockLength: number, strideBytes: number, type: Datatype): Datatype {
  const recipe = { combiner: 'HVECTOR', numbers: [count, blockLength, strideBytes], types: [type] };
  return blocks(count, blockLength, strideBytes, type, recipe);
}

function blocks(count: number, blockLength: number, stride: number, type: Datatype, recipe: Recipe): Datatype {
  checkCount(count, 'the number of blocks');
  checkCount(blockLength, 'the length of a block');
  return assemble(
    Array.from({ length: count }, (_, i) => ({ type, at: i * stride, count: blockLength })),
    recipe,
  );
}

export function indexed(blockLengths: readonly number[], displacements: readonly number[], type: Datatype): Datatype {
  checkSameLength(blockLengths, displacements, 'blocks and displacements');
  const numbers = [blockLengths.length, ...blockLengths, ...displacements];
  return assemble(
    blockLengths.map((count, i) => ({ type, at: displacements[i]! * type.extent, count })),
    { combiner: 'INDEXED', numbers, types: [type] },
  );
}

export function hindexed(blockLengths: readonly number[], displacements: readonly number[], type: Datatype): Datatype {
  checkSameLength(blockLengths, displacements, 'blocks and displacements');
  const numbers = [blockLengths.length, ...blockLengths, ...displacements];
  return assemble(
    blockLengths.map((count, i) => ({ type, at: displacements[i]!, count })),
    { combiner: 'HINDEXED', numbers, types: [type] },
  );
}

export function indexedBlock(blockLength: number, displacements: readonly number[], type: Datatype): Datatype {
  const numbers = [displacements.length, blockLength, ...displacements];
  return assemble(
    displacements.map((at) => ({ type, at: at * type.extent, count: blockLength })),
    { combiner: 'INDEXED_BLOCK', numbers, types: [type] },
  );
}

export function hindexedBlock(blockLength: number, displacements: readonly number[], type: Datatype): Datatype {
  const numbers = [displacements.length, blockLength, ...displacements];
  return assemble(
    displacements.map((at) => ({ type, at, count: blockLength })),
    { combiner: 'HINDEXED_BLOCK', numbers, types: [type] },
  );
}

/** Displacements in bytes, and a type for each block. The extent is rounded up to the largest basic item, as a C compiler does. */
export function struct(
  blockLengths: readonly number[],
  displacements: readonly number[],
  types: readonly Datatype[],
): Datatype {
  checkSameLength(blockLengths, displacements, 'blocks and displacements');
  checkSameLength(blockLengths, types, 'blocks and types');
  const numbers = [blockLengths.length, ...blockLengths, ...displacements];
  const made = assemble(
    types.map((type, i) => ({ type, at: displacements[i]!, count: blockLengths[i]! })),
    { combiner: 'STRUCT', numbers, types },
  );
  const isSet = types.some(({ recipe }) => recipe.combiner === 'RESIZED');
  const align = made.runs.reduce((max, { bytes }) => Math.max(max, bytes), 1);
  if (isSet || made.extent % align === 0) return made;
  return rebound(made, made.lb, Math.ceil(made.extent / align) * align, made.recipe);
}

/** The same data with another lower bound and extent, in bytes. */
export function resized(type: Datatype, lb: number, extent: number): Datatype {
  return rebound(type, lb, extent, { combiner: 'RESIZED', numbers: [lb, extent], types: [type] });
}

export function duplicate(type: Datatype): Datatype {
  const copy = rebound(type, type.lb, type.extent, { combiner: 'DUP', numbers: [], types: [type] });
  copy.isCommitted = type.isCommitted;
  return copy;
}

function rebound(type: Datatype, lb: number, extent: number, recipe: Recipe): Datatype {
  const { offsets, lengths, runs, make } = type;
  return new Datatype(recipe.combiner.toLowerCase(), { offsets, lengths, runs, lb, ub: lb + extent }, make, recipe);
}

export type ArrayOrder = 'C' | 'Fortran';

/** A box inside a larger one. In C order the last dimension is the one whose items lie side by side. */
export function subarray(
  sizes: readonly number[],
  subsizes: readonly number[],
  starts: readonly number[],
  order: ArrayOrder,
  type: Datatype,
): Datatype {
  checkSameLength(sizes, subsizes, 'sizes and subsizes');
  checkSameLength(sizes, starts, 'sizes and starts');
  for (let d = 0; d < sizes.length; d++) {
    const [size, part, start] = [sizes[d]!, subsizes[d]!, starts[d]!];
    if (part < 1 || start < 0 || start + part > size)
      throw new MpiError('ARG', `subarray: ${part} from ${start} on do not lie in the ${size} of dimension ${d}`);
  }
  const numbers = [sizes.length, ...sizes, ...subsizes, ...starts, order === 'C' ? 0 : 1];
  const perDimension = sizes.map((_, d) => Array.from({ length: subsizes[d]! }, (__, i) => starts[d]! + i));
  return box(sizes, perDimension, order, type, { combiner: 'SUBARRAY', numbers, types: [type] });
}

/** The items of a box whose indices in each dimension are listed, in the memory of the whole. */
export function box(
  sizes: readonly number[],
  indices: readonly (readonly number[])[],
  order: ArrayOrder,
  type: Datatype,
  recipe: Recipe,
): Datatype {
  const dimensions = sizes.map((_, d) => d);
  // From the fastest to the slowest.
  if (order === 'C') dimensions.reverse();
  let parts: { readonly at: number; readonly count: number }[] = [{ at: 0, count: 1 }];
  let stride = 1;
  for (const d of dimensions) {
    const next: { at: number; count: number }[] = [];
    for (const index of indices[d]!) {
      for (const { at, count } of parts) {
        const last = next.at(-1);
        const to = at + index * stride;
        if (last !== undefined && last.at + last.count === to) last.count += count;
        else next.push({ at: to, count });
      }
    }
    parts = next;
    stride *= sizes[d]!;
  }
  const made = assemble(
    parts.map(({ at, count }) => ({ type, at: at * type.extent, count })),
    recipe,
  );
  return rebound(made, 0, stride * type.extent, recipe);
}
