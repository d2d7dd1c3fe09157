/**
 * A value of a JSON file with the path it was found at, so that every complaint can name the place, what was found
 * there and what is allowed.
 */

export class DeviceFileError extends Error {
  override readonly name = 'DeviceFileError';
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly isInteger?: boolean;
}

export class JsonField {
  readonly #file: string;
  readonly #path: string;
  readonly #value: unknown;

  constructor(file: string, path: string, value: unknown) {
    this.#file = file;
    this.#path = path;
    this.#value = value;
  }

  /** The error that says what is wrong here. */
  error(allowed: string): DeviceFileError {
    return new DeviceFileError(`${this.#file}: ${this.#path} is ${show(this.#value)}; it must be ${allowed}`);
  }

  /** The members of an object that has all of `required`, perhaps some of `optional`, and nothing else. */
  object<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): Record<R, JsonField> & Partial<Record<O, JsonField>> {
    const value = this.#value;
    if (!isObject(value)) throw this.error(`an object with ${list(required)}`);
    const known: readonly string[] = [...required, ...optional];
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const hint = nearest(key, known);
      throw new DeviceFileError(
        `${this.#file}: ${this.#path}.${key} is not known; ` +
          (hint === undefined ? `allowed are ${list(known)}` : `did you mean "${hint}"? (allowed are ${list(known)})`),
      );
    }
    const missing = required.find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) {
      throw new DeviceFileError(
        `${this.#file}: ${this.#path}.${missing} is missing; ${this.#path} needs ${list(required)}`,
      );
    }
    const fields: Record<string, JsonField> = {};
    for (const key of known) {
      if (Object.hasOwn(value, key)) fields[key] = new JsonField(this.#file, `${this.#path}.${key}`, value[key]);
    }
    return fields as Record<R, JsonField> & Partial<Record<O, JsonField>>;
  }

  array(lengthMin: number, lengthMax: number): JsonField[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length < lengthMin || value.length > lengthMax) {
      throw this.error(`an array of ${lengthMin === lengthMax ? lengthMin : `${lengthMin} to ${lengthMax}`} elements`);
    }
    return value.map((element: unknown, i) => new JsonField(this.#file, `${this.#path}[${i}]`, element));
  }

  number({ min, max, unit, isInteger = false }: NumberRange): number {
    const value = this.#value;
    const kind = isInteger ? 'a whole number' : 'a number';
    if (typeof value !== 'number' || !(value >= min && value <= max) || (isInteger && !Number.isInteger(value))) {
      throw this.error(`${kind} from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}`);
    }
    return value;
  }

  /** Two numbers in ascending order. */
  interval(range: NumberRange): readonly [number, number] {
    const [from, to] = this.array(2, 2).map((field) => field.number(range)) as [number, number];
    if (from >= to) throw this.error('two numbers, the first below the second');
    return [from, to];
  }

  text(lengthMax: number): string {
    const value = this.#value;
    if (typeof value !== 'string' || value.length === 0 || value.length > lengthMax) {
      throw this.error(`a text of 1 to ${lengthMax} characters`);
    }
    return value;
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const value = allowed.find((name) => name === this.#value);
    if (value === undefined) throw this.error(`one of ${list(allowed)}`);
    return value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shownCharactersMax = 60;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}...`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** The known name that a misspelt one was probably meant to be. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // A third of the letters may be wrong before a suggestion confuses more than it helps.
  return best !== undefined && best.distance <= Math.max(1, name.length / 3) ? best.candidate : undefined;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
