/**
 * Errors of MPI: each has a class, as the standard lists them. What becomes of one is up to the error handler of its
 * communicator, window or file: the job ends (the default), the call throws, or a function of the program decides.
 */
import { CharmError } from '../core/index.ts';

/** Classes of errors: MPI_ERR_BUFFER is `ErrorClass.BUFFER`. */
export const ErrorClass = {
  SUCCESS: 0,
  BUFFER: 1,
  COUNT: 2,
  TYPE: 3,
  TAG: 4,
  COMM: 5,
  RANK: 6,
  REQUEST: 7,
  ROOT: 8,
  GROUP: 9,
  OP: 10,
  TOPOLOGY: 11,
  DIMS: 12,
  ARG: 13,
  UNKNOWN: 14,
  TRUNCATE: 15,
  OTHER: 16,
  INTERN: 17,
  IN_STATUS: 18,
  PENDING: 19,
  KEYVAL: 20,
  NO_MEM: 21,
  BASE: 22,
  INFO_KEY: 23,
  INFO_VALUE: 24,
  INFO_NOKEY: 25,
  SPAWN: 26,
  PORT: 27,
  SERVICE: 28,
  NAME: 29,
  WIN: 30,
  SIZE: 31,
  DISP: 32,
  INFO: 33,
  LOCKTYPE: 34,
  ASSERT: 35,
  RMA_CONFLICT: 36,
  RMA_SYNC: 37,
  RMA_RANGE: 38,
  RMA_ATTACH: 39,
  RMA_SHARED: 40,
  RMA_FLAVOR: 41,
  FILE: 42,
  NOT_SAME: 43,
  AMODE: 44,
  UNSUPPORTED_DATAREP: 45,
  UNSUPPORTED_OPERATION: 46,
  NO_SUCH_FILE: 47,
  FILE_EXISTS: 48,
  BAD_FILE: 49,
  ACCESS: 50,
  NO_SPACE: 51,
  QUOTA: 52,
  READ_ONLY: 53,
  FILE_IN_USE: 54,
  DUP_DATAREP: 55,
  CONVERSION: 56,
  IO: 57,
  LASTCODE: 63,
} as const;
export type ErrorClassName = keyof typeof ErrorClass;

const names = new Map<number, string>(Object.entries(ErrorClass).map(([name, value]) => [value, `MPI_ERR_${name}`]));
names.set(0, 'MPI_SUCCESS');

/** An error of an MPI call. `errorClass` is its class, `errorCode` the code: the same, unless the program has made its own. */
export class MpiError extends CharmError {
  readonly errorClass: number;
  readonly errorCode: number;
  /** Of `waitAll` and the like: the error of each request, undefined where there was none. */
  readonly errors: readonly (MpiError | undefined)[];

  constructor(
    name: ErrorClassName,
    message: string,
    options?: ErrorOptions & { readonly errors?: readonly (MpiError | undefined)[]; readonly code?: number },
  ) {
    super('ERR_MPI', `MPI_ERR_${name}: ${message}`, undefined, options);
    this.errorClass = ErrorClass[name];
    this.errorCode = options?.code ?? this.errorClass;
    this.errors = options?.errors ?? [];
  }
}

/** Error classes and codes that a rank has added, with their texts. */
export class ErrorTable {
  private next: number = ErrorClass.LASTCODE + 1;
  private readonly classOfCode = new Map<number, number>();
  private readonly texts = new Map<number, string>();

  get lastUsedCode(): number {
    return this.next - 1;
  }

  addClass(): number {
    const added = this.next++;
    this.classOfCode.set(added, added);
    return added;
  }

  addCode(errorClass: number): number {
    if (this.classOf(errorClass) !== errorClass)
      throw new MpiError('ARG', `${errorClass} is a code, not a class, so codes can't be added to it`);
    const added = this.next++;
    this.classOfCode.set(added, errorClass);
    return added;
  }

  addString(code: number, text: string): void {
    if (code <= ErrorClass.LASTCODE) throw new MpiError('ARG', `the text of the predefined code ${code} is fixed`);
    this.classOf(code);
    this.texts.set(code, text);
  }

  classOf(code: number): number {
    if (names.has(code)) return code;
    const found = this.classOfCode.get(code);
    if (found === undefined) throw new MpiError('ARG', `there is no error code ${code}`);
    return found;
  }

  textOf(code: number): string {
    return this.texts.get(code) ?? names.get(code) ?? names.get(this.classOf(code)) ?? `the error class ${code}`;
  }
}

/** What an error does. A function is called with the object on whose behalf the call was made, and the error. */
export type ErrorHandler = typeof ERRORS_ARE_FATAL | typeof ERRORS_RETURN | ((on: object, error: MpiError) => void);
/** The job ends, with a report: the default of communicators and windows. */
export const ERRORS_ARE_FATAL: unique symbol = Symbol('MPI_ERRORS_ARE_FATAL');
/** The call throws a `MpiError`, and the program may go on: the default of files. */
export const ERRORS_RETURN: unique symbol = Symbol('MPI_ERRORS_RETURN');
