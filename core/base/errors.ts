/**
 * Every error the runtime raises on purpose. One class per "who must act", one stable `code` per cause.
 *
 * A message says what happened with numbers, what was expected, and what to do. Errors cross PEs as
 * plain data (`toWire`/`fromWire`): code, message, where and stack, never as code to run.
 */

/** Where in the program something happened. */
export interface Place {
  readonly pe: number;
  /** For instance `Ring[3]`, `main`, `Worker#2(PE 1)`. */
  readonly chare?: string;
  readonly entry?: string;
}

/** `Ring[3].pass on PE 1`: the way every report names a place. */
export function describePlace(place: Place): string {
  const method = place.entry === undefined ? '' : `.${place.entry}`;
  return place.chare === undefined ? `PE ${place.pe}` : `${place.chare}${method} on PE ${place.pe}`;
}

export type ErrorCode =
  | 'ERR_USAGE'
  | 'ERR_INDEX_OUT_OF_RANGE'
  | 'ERR_NOT_EXPORTED'
  | 'ERR_UNKNOWN_ENTRY'
  | 'ERR_NOT_ENCODABLE'
  | 'ERR_DECODE'
  | 'ERR_ENTRY_FAILED'
  | 'ERR_CONSTRUCTOR_FAILED'
  | 'ERR_MAIN_FAILED'
  | 'ERR_CALLBACK_FAILED'
  | 'ERR_PE_LOST'
  | 'ERR_STUCK'
  | 'ERR_ABORTED'
  | 'ERR_PROGRAM'
  | 'ERR_REGISTRY_MISMATCH'
  | 'ERR_DUPLICATE_ELEMENT'
  | 'ERR_REDUCTION_MISMATCH'
  | 'ERR_MESSAGE_TOO_LARGE';

export interface ErrorWire {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly stack: string;
  readonly place: Place | undefined;
}

/** Base of all errors of the runtime. `place` is set where the error belongs to a chare or PE. */
export class CharmError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;

  constructor(code: ErrorCode, message: string, place?: Place, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.place = place;
  }
}

/** The program used the API wrongly; thrown at the call, before anything was sent. */
export class UsageError extends CharmError {
  constructor(message: string, code: ErrorCode = 'ERR_USAGE') {
    super(code, message);
  }
}

/** An entry method, constructor or `main` threw. `cause` is what it threw (a copy if it came from another PE). */
export class EntryError extends CharmError {}

/** A PE ended before the job did: uncaught exception outside entry methods, `process.exit`, heap limit. */
export class PeLostError extends CharmError {}

/** The job is idle, will stay idle, and `charm.exit` was never called. */
export class StuckError extends CharmError {}

const classes = { CharmError, EntryError, PeLostError, StuckError } as const;

/** Anything thrown, `null` included, as a line of text. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  if (typeof thrown === 'string') return thrown;
  return `threw ${String(thrown)}, which is not an Error`;
}

export function stackOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : describeThrown(thrown);
}

/** Flattens what was thrown into plain data another PE or the launcher can show. */
export function toWire(thrown: unknown): ErrorWire {
  if (thrown instanceof CharmError) {
    const inner = thrown.cause === undefined ? '' : `\n${stackOf(thrown.cause)}`;
    const { code, message, place } = thrown;
    return { name: thrown.name, code, message, stack: `${stackOf(thrown)}${inner}`, place };
  }
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const message = thrown instanceof Error ? thrown.message : describeThrown(thrown);
  return { name, code: '', message, stack: stackOf(thrown), place: undefined };
}

/** Rebuilds an error from another PE. The class is chosen from a fixed list, never by evaluating the name. */
export function fromWire(wire: ErrorWire): Error {
  if (wire.code === '') {
    const error = new Error(wire.message);
    error.name = wire.name;
    error.stack = wire.stack;
    return error;
  }
  const known = Object.hasOwn(classes, wire.name) ? classes[wire.name as keyof typeof classes] : CharmError;
  const error =
    wire.name === 'UsageError'
      ? new UsageError(wire.message, wire.code as ErrorCode)
      : new known(wire.code as ErrorCode, wire.message, wire.place);
  error.stack = wire.stack;
  return error;
}

/** The report of a job that will stay idle for ever. */
export function stuckError(waits: readonly string[]): StuckError {
  const list = waits.map((wait) => `\n  - ${wait}`).join('');
  const why =
    waits.length === 0
      ? 'Nothing is waiting for anything: call charm.exit() when the work is done.'
      : `Waiting:${list}\nEither something that they wait for was never sent, or charm.exit() was forgotten.`;
  return new StuckError('ERR_STUCK', `no message is left to process, and charm.exit() was not called. ${why}`);
}
