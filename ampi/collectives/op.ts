/**
 * `Op`: how a reduction combines two arrays. Predefined operations are commutative; a program's own may say that theirs is not:
 * then arrays are combined in the order of ranks.
 */
import type { Datatype, NumberArray } from '../datatype/datatype.ts';
import { MpiError } from '../errors.ts';

/** Combines element by element, `inoutvec[i] = invec[i] op inoutvec[i]`; `invec` is that of the lower ranks. */
export type UserFunction = (invec: NumberArray, inoutvec: NumberArray, type: Datatype | undefined) => void;

export class Op {
  readonly name: string;
  readonly isCommutative: boolean;
  private readonly run: UserFunction;
  private isFreed = false;

  constructor(name: string, isCommutative: boolean, run: UserFunction) {
    this.name = name;
    this.isCommutative = isCommutative;
    this.run = run;
  }

  /** An operation of the program: MPI_Op_create. */
  static create(run: UserFunction, isCommutative: boolean): Op {
    return new Op('user operation', isCommutative, run);
  }

  /** An operation on single numbers. */
  static of(combine: (lower: number, upper: number) => number, isCommutative = true): Op {
    return new Op(combine.name, isCommutative, (invec, inoutvec) => {
      const [a, b] = [invec as Float64Array, inoutvec as Float64Array];
      for (let i = 0; i < b.length; i++) b[i] = combine(a[i]!, b[i]!);
    });
  }

  /** MPI_Reduce_local: the result is in `upper`. */
  combine(lower: NumberArray, upper: NumberArray, type?: Datatype): void {
    if (this.isFreed) throw new MpiError('OP', `the operation ${this.name} has been freed`);
    this.run(lower, upper, type);
  }

  commutative(): boolean {
    return this.isCommutative;
  }

  free(): void {
    if (predefined.has(this)) throw new MpiError('OP', `${this.name} is predefined and can't be freed`);
    this.isFreed = true;
  }
}

/** Loops that stand for all kinds of arrays: numbers and bigints have the same operators. */
type Loop = (a: Float64Array, b: Float64Array) => void;

function plain(name: string, loop: Loop): Op {
  return new Op(`MPI_${name}`, true, loop as unknown as UserFunction);
}

function integers(name: string, loop: Loop): Op {
  return new Op(`MPI_${name}`, true, (a, b) => {
    if (b instanceof Float64Array || b instanceof Float32Array)
      throw new MpiError('OP', `MPI_${name} works on integers, not on a ${b.constructor.name}`);
    loop(a as unknown as Float64Array, b as unknown as Float64Array);
  });
}

export const SUM = plain('SUM', (a, b) => {
  for (let i = 0; i < b.length; i++) b[i] = a[i]! + b[i]!;
});
export const PROD = plain('PROD', (a, b) => {
  for (let i = 0; i < b.length; i++) b[i] = a[i]! * b[i]!;
});
export const MAX = plain('MAX', (a, b) => {
  for (let i = 0; i < b.length; i++) if (a[i]! > b[i]!) b[i] = a[i]!;
});
export const MIN = plain('MIN', (a, b) => {
  for (let i = 0; i < b.length; i++) if (a[i]! < b[i]!) b[i] = a[i]!;
});
export const BAND = integers('BAND', (a, b) => {
  for (let i = 0; i < b.length; i++) b[i] = a[i]! & b[i]!;
});
export const BOR = integers('BOR', (a, b) => {
  for (let i = 0; i < b.length; i++) b[i] = a[i]! | b[i]!;
});
export const BXOR = integers('BXOR', (a, b) => {
  for (let i = 0; i < b.length; i++) b[i] = a[i]! ^ b[i]!;
});

function logical(name: string, combine: (a: boolean, b: boolean) => boolean): Op {
  return plain(name, (a, b) => {
    const isBig = (b as unknown) instanceof BigInt64Array || (b as unknown) instanceof BigUint64Array;
    const [yes, no] = (isBig ? [1n, 0n] : [1, 0]) as [number, number];
    for (let i = 0; i < b.length; i++) b[i] = combine(Boolean(a[i]), Boolean(b[i])) ? yes : no;
  });
}

export const LAND = logical('LAND', (a, b) => a && b);
export const LOR = logical('LOR', (a, b) => a || b);
export const LXOR = logical('LXOR', (a, b) => a !== b);

/** Pairs of a value and an index side by side; of equal values the lower index counts. */
function located(name: string, isBetter: (a: number, b: number) => boolean): Op {
  return plain(name, (a, b) => {
    for (let i = 0; i + 1 < b.length; i += 2) {
      if (isBetter(a[i]!, b[i]!)) {
        b[i] = a[i]!;
        b[i + 1] = a[i + 1]!;
      } else if (a[i] === b[i] && a[i + 1]! < b[i + 1]!) b[i + 1] = a[i + 1]!;
    }
  });
}

export const MAXLOC = located('MAXLOC', (a, b) => a > b);
export const MINLOC = located('MINLOC', (a, b) => a < b);
/** In accumulate: the value at the target is replaced. */
export const REPLACE = plain('REPLACE', (a, b) => b.set(a));
/** In accumulate: nothing changes at the target. */
export const NO_OP = plain('NO_OP', () => undefined);

const predefined = new Set([SUM, PROD, MAX, MIN, BAND, BOR, BXOR, LAND, LOR, LXOR, MAXLOC, MINLOC, REPLACE, NO_OP]);
export const predefinedOps: readonly Op[] = [...predefined];
