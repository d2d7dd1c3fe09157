/**
 * What has been contributed to one reduction of a section, on its way to the section's root: one contribution, or
 * several that have been merged.
 */
import { CharmError, describeThrown, EntryError } from '../base/errors.ts';
import { type AnyReducer, readReducer, writeReducer } from '../collective/reducers.ts';
import type { Callback } from '../message/callback.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeValue } from '../pup/decode.ts';
import { encodeValue } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';
import { writeHandle } from '../pup/value-codec.ts';
import type { Writer } from '../pup/writer.ts';

export class Part {
  readonly reducer: AnyReducer;
  target: Callback<unknown>;
  merged: unknown;
  /** Contributions in it. */
  count: number;

  constructor(reducer: AnyReducer, target: Callback<unknown>, merged: unknown, count: number) {
    this.reducer = reducer;
    this.target = target;
    this.merged = merged;
    this.count = count;
  }

  /** Takes another part of the same reduction in; `what` names the reduction. */
  add(pe: Pe, other: Part, what: () => string): void {
    const { reducer } = this;
    if (reducer !== other.reducer && reducer.name !== other.reducer.name) {
      throw new CharmError(
        'ERR_REDUCTION_MISMATCH',
        `a member contributes to ${what()} with ${other.reducer.name}, others with ${reducer.name}; ` +
          'all members must contribute to the same reductions in the same order',
      );
    }
    this.target = other.target;
    this.merged = reduce(pe, reducer, what, () => reducer.merge(this.merged, other.merged));
    this.count += other.count;
  }

  finish(pe: Pe, what: () => string): unknown {
    return reduce(pe, this.reducer, what, () => this.reducer.finish(this.merged));
  }

  write(writer: Writer, pe: Pe): void {
    writeReducer(writer, this.reducer, (custom) => pe.registry.nameOf(custom, 'reducer', custom.name));
    this.target[writeHandle](writer);
    writer.u32(this.count);
    encodeValue(writer, this.merged, 'a contribution to a section');
  }

  static read(reader: Reader, pe: Pe): Part {
    const reducer = readReducer(reader, (name) => pe.registry.reducer(name));
    const target = pe.context.handle(reader) as Callback<unknown>;
    const count = reader.u32();
    return new Part(reducer, target, decodeValue(reader, pe.context), count);
  }
}

/** Runs a step of a reducer; one that throws ends the job. */
function reduce(pe: Pe, reducer: AnyReducer, what: () => string, run: () => unknown): unknown {
  try {
    return run();
  } catch (cause) {
    const place = { pe: pe.id, chare: `${what()} (reducer ${reducer.name})` };
    throw new EntryError('ERR_REDUCER_FAILED', describeThrown(cause), place, { cause });
  }
}
