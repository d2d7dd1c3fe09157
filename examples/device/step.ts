/**
 * What a strip does on a command of the driver. All strips get the same commands in the same order, and a command is
 * always carried out in the same way:
 *
 *   1. `begin`, with what the strip knows,
 *   2. if the command needs it, exchange of boundary rows with the two neighbours (`boundaryRow`, `receiveRow`),
 *   3. `finish`, which returns the strip's share of the answer.
 *
 * This module knows nothing of who moves the rows: the chare in device.ts does it with messages, `SequentialStrips`
 * with a loop, and both get the same numbers to the last bit.
 */
import { assemble, unknowns } from './assembly.ts';
import { setBias, setNeutral } from './bias.ts';
import { mapFields, observe, totalCurrents } from './observation.ts';
import { advance, projectResidual, sumAssembly, sumSearch } from './search.ts';
import type { Equation, Strip } from './strip.ts';

export type Command =
  /** Forget the state and guess that of a neutral device without bias. */
  | { readonly kind: 'restart' }
  /** Move the anode to a voltage, in units of kT/q. */
  | { readonly kind: 'bias'; readonly bias: number }
  /** Linearise an equation about the present state. */
  | { readonly kind: 'assemble'; readonly equation: Equation }
  /** Start solving the assembled system from a coarse correction. */
  | { readonly kind: 'project'; readonly coarse: Float64Array }
  /** Iterate the solution. */
  | { readonly kind: 'iterate'; readonly alpha: number; readonly beta: number; readonly coarse: Float64Array }
  /** Add the solution to the unknowns. */
  | { readonly kind: 'correct' }
  /** Current through every row. */
  | { readonly kind: 'current' }
  /** The same by carriers, and everything along one column. */
  | { readonly kind: 'observe'; readonly column: number }
  /** The potential and the densities on all nodes. */
  | { readonly kind: 'map' };

export type Side = 'above' | 'below';

/** A strip's share of an answer; the function that makes it says what is in it. */
export type Share = Float64Array;

/** Steps 1. Nothing that it changes is read by a neighbour before the rows are exchanged. */
export function begin(strip: Strip, command: Command): void {
  switch (command.kind) {
    case 'restart':
      return setNeutral(strip);
    case 'bias':
      return setBias(strip, command.bias);
    case 'project':
      return projectResidual(strip, command.coarse);
    case 'iterate':
      return advance(strip, command.alpha, command.beta, command.coarse);
  }
}

/** True if step 3 needs the neighbours' rows. */
export function isExchanging(command: Command): boolean {
  return command.kind === 'assemble' || isObserving(command) || isSearching(command);
}

/** Step 2, out: a copy of the outermost row of everything that the command may find changed. */
export function boundaryRow(strip: Strip, command: Command, side: Side): Float64Array {
  const { rows, columns } = strip;
  const vectors = exchangedVectors(strip, command);
  const first = (side === 'above' ? 1 : rows) * columns;
  const row = new Float64Array(vectors.length * columns);
  vectors.forEach((vector, i) => {
    row.set(vector.subarray(first, first + columns), i * columns);
  });
  return row;
}

/** Step 2, in: what `boundaryRow` returned in the neighbour on that side goes into the halo. */
export function receiveRow(strip: Strip, command: Command, side: Side, row: Float64Array): void {
  const { rows, columns } = strip;
  const first = side === 'above' ? 0 : (rows + 1) * columns;
  exchangedVectors(strip, command).forEach((vector, i) => {
    vector.set(row.subarray(i * columns, (i + 1) * columns), first);
  });
}

/** Step 3. */
export function finish(strip: Strip, command: Command): Share {
  switch (command.kind) {
    case 'restart':
    case 'bias':
      return new Float64Array(0);
    case 'assemble':
      assemble(strip, command.equation);
      return sumAssembly(strip);
    case 'project':
    case 'iterate':
      return sumSearch(strip);
    case 'correct':
      return Float64Array.of(applyCorrection(strip));
    case 'current':
      return totalCurrents(strip);
    case 'observe':
      return observe(strip, command.column);
    case 'map':
      return mapFields(strip);
  }
}

function isSearching(command: Command): boolean {
  return command.kind === 'project' || command.kind === 'iterate';
}

function isObserving(command: Command): boolean {
  return command.kind === 'current' || command.kind === 'observe';
}

function exchangedVectors(strip: Strip, command: Command): Float64Array[] {
  return isSearching(command) ? [strip.search.preconditioned] : [strip.potential, strip.electrons, strip.holes];
}

/** Longer Newton steps of the potential, in kT/q, are cut to their logarithm: the charge is exponential in them. */
const fullStepMax = 1;

/** Returns the largest change of an unknown, for the carriers relative to 1 + |unknown|. */
function applyCorrection(strip: Strip): number {
  const { columns, equation } = strip;
  const { correction } = strip.search;
  const u = unknowns(strip);
  let changeMax = 0;
  for (let node = 0; node < correction.length; node++) {
    const step = correction[node]!;
    const size = Math.abs(step);
    const at = node + columns;
    if (equation === 'potential') {
      changeMax = Math.max(changeMax, size);
      u[at]! += size <= fullStepMax ? step : Math.sign(step) * (fullStepMax + Math.log(size / fullStepMax));
    } else {
      changeMax = Math.max(changeMax, size / (1 + Math.abs(u[at]!)));
      u[at]! += step;
    }
  }
  return changeMax;
}
