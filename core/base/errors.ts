/**
 * Every error the runtime raises on purpose. One class per "who must act", one stable `code` per cause; each code has
 * a heading in docs/errors.md.
 *
 * A message says what happened with numbers, what was expected, and what to do. Errors cross PEs as
 * plain data (`toWire`/`fromWire`): code, message, where, stack and causes, never as code to run.
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

export const errorCodes = [
  'ERR_USAGE',
  'ERR_INDEX_OUT_OF_RANGE',
  'ERR_NOT_EXPORTED',
  'ERR_UNKNOWN_ENTRY',
  'ERR_NOT_ENCODABLE',
  'ERR_DECODE',
  'ERR_ENTRY_FAILED',
  'ERR_CONSTRUCTOR_FAILED',
  'ERR_MAIN_FAILED',
  'ERR_REDUCER_FAILED',
  'ERR_PLACEMENT_FAILED',
  'ERR_UNCAUGHT',
  'ERR_PE_LOST',
  'ERR_NODE_LOST',
  'ERR_STUCK',
  'ERR_ABORTED',
  'ERR_INTERRUPTED',
  'ERR_OUTPUT',
  'ERR_PROGRAM',
  'ERR_REGISTRY_MISMATCH',
  'ERR_VERSION_MISMATCH',
  'ERR_DUPLICATE_ELEMENT',
  'ERR_REDUCTION_MISMATCH',
  'ERR_CHANNEL_CLOSED',
  'ERR_TASK_FAILED',
  'ERR_SHARED_ARRAY',
  'ERR_MESSAGE_CHANGED',
  'ERR_MESSAGE_TOO_LARGE',
  'ERR_RESOURCES',
  'ERR_REPLAY',
  'ERR_FRAME',
  'ERR_MPI',
  'ERR_INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error as plain data. Strings only, but for `place` and `cause`. */
export interface ErrorWire {
  readonly name: string;
  /** Empty for errors that are not the runtime's. */
  readonly code: string;
  readonly message: string;
  readonly stack: string;
  readonly place: Place | undefined;
  /** `code` of an error that is not the runtime's, for instance ENOENT. */
  readonly systemCode: string | undefined;
  readonly cause: ErrorWire | undefined;
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
  constructor(message: string, code: ErrorCode = 'ERR_USAGE', place?: Place, options?: ErrorOptions) {
    super(code, message, place, options);
  }
}

/** An entry method, constructor, reducer or `main` threw. `cause` is what it threw (a copy if it came from another PE). */
export class EntryError extends CharmError {}

/** A PE ended before the job did, or had to: uncaught exception outside entry methods, `process.exit`, heap limit. */
export class PeLostError extends CharmError {}

/** The job is idle, will stay idle, and `charm.exit` was never called. */
export class StuckError extends CharmError {}

/** Ours, rebuilt as what they were. */
const ownClasses = new Map<string, new (code: ErrorCode, message: string, place?: Place) => CharmError>([
  ['EntryError', EntryError],
  ['PeLostError', PeLostError],
  ['StuckError', StuckError],
]);

/** The language's, rebuilt as what they were, so that `instanceof` works on a cause from another PE. */
const standardClasses = new Map<string, new (message: string) => Error>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
);

/** Anything thrown, `null` included, as text. Never throws itself. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof CharmError && thrown.place !== undefined)
      return `${thrown.name}: ${describePlace(thrown.place)}: ${thrown.message}`;
    if (thrown instanceof Error) return thrown.message === '' ? thrown.name : `${thrown.name}: ${thrown.message}`;
    if (typeof thrown === 'string') return `threw the string ${JSON.stringify(thrown)}, which is not an Error`;
    const text = typeof thrown === 'object' && thrown !== null ? JSON.stringify(thrown) : String(thrown);
    return `threw ${text}, which is not an Error`;
  } catch {
    return 'threw something that has no text, which is not an Error';
  }
}

/** The error with a place, so that its report tells where; a failed assertion becomes an error of the runtime. */
export function locate(thrown: unknown, place: Place): CharmError {
  // It is about all PEs.
  if (thrown instanceof StuckError) return thrown;
  if (thrown instanceof CharmError) return thrown.place === undefined ? withPlace(thrown, place) : thrown;
  const isOurs = thrown instanceof Error && thrown.name === 'AssertionError' && thrown.message.startsWith('internal');
  const advice = isOurs ? '; this is a bug in charm4ts, please report it' : '';
  const code = isOurs ? 'ERR_INTERNAL' : 'ERR_UNCAUGHT';
  return new CharmError(code, `${describeThrown(thrown)}${advice}`, place, { cause: thrown });
}

function withPlace(error: CharmError, place: Place): CharmError {
  const copy = rebuild(error.name, error.code, error.message, place);
  copy.stack = error.stack ?? '';
  if (error.cause !== undefined) copy.cause = error.cause;
  return copy;
}

function rebuild(name: string, code: ErrorCode, message: string, place: Place | undefined): CharmError {
  if (name === 'UsageError') return new UsageError(message, code, place);
  return new (ownClasses.get(name) ?? CharmError)(code, message, place);
}

/** Causes of causes; an error may be its own cause. */
const causesMax = 8;

/** A field of an error that may be anything, even something whose text can't be had. */
function text(field: () => unknown): string {
  try {
    return String(field());
  } catch {
    return '';
  }
}

/** Flattens what was thrown into plain data that another PE or the supervisor can show. */
export function toWire(thrown: unknown, depth = 0): ErrorWire {
  if (!(thrown instanceof Error)) {
    const message = describeThrown(thrown);
    return {
      name: 'Error',
      code: '',
      message,
      stack: message,
      place: undefined,
      systemCode: undefined,
      cause: undefined,
    };
  }
  const { cause } = thrown;
  const isOwn = thrown instanceof CharmError;
  const code = (thrown as { readonly code?: unknown }).code;
  return {
    name: text(() => thrown.name),
    code: isOwn ? thrown.code : '',
    message: text(() => thrown.message),
    stack: text(() => thrown.stack ?? ''),
    place: isOwn ? thrown.place : undefined,
    systemCode: !isOwn && typeof code === 'string' ? code : undefined,
    cause: cause === undefined || depth >= causesMax ? undefined : toWire(cause, depth + 1),
  };
}

/** Rebuilds an error from another PE. The class is chosen from a fixed list, never by evaluating the name. */
export function fromWire(wire: ErrorWire): Error {
  const error =
    wire.code === '' ? foreignFromWire(wire) : rebuild(wire.name, wire.code as ErrorCode, wire.message, wire.place);
  error.stack = wire.stack;
  if (wire.cause !== undefined) hidden(error, 'cause', fromWire(wire.cause));
  return error;
}

function foreignFromWire(wire: ErrorWire): Error {
  const standard = standardClasses.get(wire.name);
  const error = new (standard ?? Error)(wire.message);
  if (standard === undefined) hidden(error, 'name', wire.name);
  if (wire.systemCode !== undefined) Object.assign(error, { code: wire.systemCode });
  return error;
}

/** As the language defines `cause`: not enumerable. */
function hidden(error: Error, key: 'cause' | 'name', value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

/** The report of a job that will stay idle for ever. */
export function stuckError(waits: readonly string[]): StuckError {
  const list = waits.map((wait) => `\n  - ${wait}`).join('');
  const why =
    waits.length === 0
      ? 'Nothing is waiting for anything: call charm.exit() when the work is done.'
      : `Waiting:${list}\nEither something that they wait for was never sent, or charm.exit() was forgotten.`;
  return new StuckError('ERR_STUCK', `no message is left to process, and charm.exit() was not called.\n${why}`);
}
