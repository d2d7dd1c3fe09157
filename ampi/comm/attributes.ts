/**
 * Attributes that programs and libraries hang on communicators, datatypes and windows, under keys of their own. A key says what
 * becomes of its values when the object is duplicated (by default they do not go along) and freed.
 */
import { MpiError } from '../errors.ts';

export type AttributeOwner = object;
/** The value for the copy; undefined: it gets none. */
export type CopyCallback = (owner: AttributeOwner, key: number, extra: unknown, value: unknown) => unknown;
export type DeleteCallback = (owner: AttributeOwner, key: number, value: unknown, extra: unknown) => void;

export interface KeyMethods {
  readonly copy?: CopyCallback | undefined;
  readonly delete?: DeleteCallback | undefined;
  readonly extra?: unknown;
}

/** MPI_DUP_FN: the copy gets the same value. */
export const dupFn: CopyCallback = (_owner, _key, _extra, value) => value;

/** The keys of one rank. Keys below 0 are predefined. */
export class KeyTable {
  private readonly keys = new Map<number, KeyMethods>();
  private readonly freed = new Set<number>();
  private next = 1;

  create(methods: KeyMethods): number {
    this.keys.set(this.next, methods);
    return this.next++;
  }

  /** Values that are there stay until they are deleted. */
  free(key: number): void {
    this.methods(key);
    this.freed.add(key);
  }

  methods(key: number): KeyMethods {
    const found = this.keys.get(key);
    if (found === undefined || this.freed.has(key)) throw new MpiError('KEYVAL', `there is no attribute key ${key}`);
    return found;
  }

  /** Those of freed keys too: values may still hang on objects. */
  known(key: number): KeyMethods {
    return this.keys.get(key)!;
  }
}

export class Attributes {
  private readonly owner: AttributeOwner;
  private readonly values = new Map<number, unknown>();
  private keys: KeyTable | undefined = undefined;
  private predefined: ((key: number) => unknown) | undefined = undefined;

  constructor(owner: AttributeOwner) {
    this.owner = owner;
  }

  use(keys: KeyTable, predefined: (key: number) => unknown): void {
    this.keys = keys;
    this.predefined = predefined;
  }

  get(key: number): unknown {
    if (key < 0) return this.predefined?.(key);
    this.keys?.methods(key);
    return this.values.get(key);
  }

  set(key: number, value: unknown): void {
    if (key < 0) throw new MpiError('KEYVAL', 'a predefined attribute is set');
    this.keys?.methods(key);
    if (this.values.has(key)) this.drop(key);
    this.values.set(key, value);
  }

  delete(key: number): void {
    this.keys?.methods(key);
    if (this.values.has(key)) this.drop(key);
  }

  /** Copies to a duplicate what its keys say. */
  copyTo(other: Attributes): void {
    for (const [key, value] of this.values) {
      const { copy, extra } = this.keys!.known(key);
      const copied = copy?.(this.owner, key, extra, value);
      if (copied !== undefined) other.values.set(key, copied);
    }
  }

  /** The object is freed. Latest first, as in MPI_Finalize. */
  clear(): void {
    for (const key of [...this.values.keys()].reverse()) this.drop(key);
  }

  private drop(key: number): void {
    const methods = this.keys!.known(key);
    methods.delete?.(this.owner, key, this.values.get(key), methods.extra);
    this.values.delete(key);
  }
}

/** Keys of predefined attributes. */
export const Key = {
  TAG_UB: -1,
  HOST: -2,
  IO: -3,
  WTIME_IS_GLOBAL: -4,
  UNIVERSE_SIZE: -5,
  APPNUM: -6,
  LASTUSEDCODE: -7,
} as const;
