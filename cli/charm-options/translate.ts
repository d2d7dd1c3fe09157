/**
 * The spellings of Charm++'s command line, translated before anything else looks at it.
 *
 *  1. Words that begin with `+`, up to `--`, are options of the runtime wherever they stand, as in Charm++: `charm4ts run app.ts +p4`.
 *  2. Each becomes a flag of ours, or a note on standard error, or an error that says what to do (table.ts).
 *  3. One that nobody knows is an error that says what is close to it. What the program itself shall get goes behind `--`.
 *
 * A number like `+5` is no option. A flag that the command does not have is an error too: asked for, but not to be had.
 */
import { closestMatch } from 'leven';
import { type CharmOption, charmOptions, layoutOptions } from './table.ts';

export interface Translation {
  readonly argv: readonly string[];
  /** To be shown before the run. */
  readonly notes: readonly string[];
  /** What stands in the way of a run. */
  readonly error: string | undefined;
}

const byName = new Map(
  charmOptions.flatMap((option) => option.names.map((name) => [name.toLowerCase(), option] as const)),
);
/** Those whose value may follow without a space, longest first. */
const attachable = [...byName].filter(([, { takes }]) => takes !== 'nothing').sort(([a], [b]) => b.length - a.length);
/** What is farther from any name than this part of its length is no misspelling. */
const closeShare = 0.4;

/** `flags` are those of the command: `--pes`, ... */
export function translateCharmOptions(argv: readonly string[], flags: ReadonlySet<string>): Translation {
  return new Translator(flags).run(argv);
}

class Translator {
  readonly #flags: ReadonlySet<string>;
  readonly #argv: string[] = [];
  readonly #notes: string[] = [];
  readonly #lists = new Map<string, string[]>();
  #error: string | undefined = undefined;
  #isQuiet = false;
  #pes: number | undefined = undefined;
  #perProcess: number | undefined = undefined;
  #processes: number | undefined = undefined;

  constructor(flags: ReadonlySet<string>) {
    this.#flags = flags;
  }

  run(words: readonly string[]): Translation {
    const end = words.includes('--') ? words.indexOf('--') : words.length;
    for (let i = 0; i < end; i++) {
      const word = words[i]!;
      if (!/^\+\+?[a-z]/i.test(word)) this.#argv.push(word);
      else i += this.#option(word, i + 1 < end ? words[i + 1] : undefined);
    }
    this.#layOut();
    // Behind the program they would be taken for its arguments, were there others before them.
    const lists = [...this.#lists].flatMap(([flag, values]) => [flag, values.join(',')]);
    const argv = [...this.#argv, ...lists, ...words.slice(end)];
    return { argv, notes: this.#isQuiet ? [] : this.#notes, error: this.#error };
  }

  /** Returns how many words after it belong to it. */
  #option(word: string, next: string | undefined): number {
    const found = find(word);
    if (found === undefined) return this.#fail(unknown(word));
    const { name, option } = found;
    let { value } = found;
    let used = 0;
    const isFree = next !== undefined && !/^[+-]./.test(next);
    if (
      value === undefined &&
      isFree &&
      (option.takes === 'value' || (option.takes === 'maybe value' && isValue(next)))
    ) {
      value = next;
      used = 1;
    }
    if (value === undefined && option.takes === 'value') return this.#fail(`${name} needs a value, as in ${name} 4`);
    this.#apply(name, option, value);
    return used;
  }

  #apply(name: string, option: CharmOption, value: string | undefined): void {
    if (option.refuse !== undefined) this.#fail(`${name}: ${option.refuse}`);
    else if (option.note !== undefined) this.#notes.push(`${name} changes nothing: ${option.note}`);
    else if (name === layoutOptions.pesPerProcess) this.#perProcess = this.#count(name, value!);
    else if ((layoutOptions.processes as readonly string[]).includes(name)) this.#processes = this.#count(name, value!);
    else if (option.flag === undefined) this.#isQuiet = true;
    else this.#give(name, option.flag, option.takes === 'value' ? value! : option.value);
  }

  #give(name: string, flag: string, value: string | undefined): void {
    if (flag === '--restart' && !this.#flags.has(flag))
      this.#fail(`${name}: there are no checkpoints yet, so none to start from`);
    else if (!this.#flags.has(flag)) this.#fail(`${name} would be ${flag}, which this command does not have`);
    else if (flag === '--pes') this.#pes = this.#count(name, value!);
    else if (flag === '--balancer') this.#lists.set(flag, [...(this.#lists.get(flag) ?? []), value!]);
    else if (value === undefined) this.#argv.push(flag);
    else this.#argv.push(`${flag}=${value}`);
  }

  /** `+p` counts the PEs of the job, `--pes` those of a node runtime, except where there is `--pes-per-node`. */
  #layOut(): void {
    const processes = this.#processes;
    const pes = this.#pes ?? (processes === undefined ? undefined : processes * (this.#perProcess ?? 1));
    const perProcess = this.#perProcess ?? (pes === undefined || processes === undefined ? undefined : pes / processes);
    if (this.#flags.has('--pes-per-node') || pes === undefined) {
      if (pes !== undefined) this.#argv.push(`--pes=${pes}`);
      if (perProcess !== undefined) this.#argv.push(`${pes === undefined ? '--pes' : '--pes-per-node'}=${perProcess}`);
      return;
    }
    const nodes = perProcess === undefined ? 1 : Math.max(1, pes / perProcess);
    if (!Number.isInteger(nodes) || !Number.isInteger(perProcess ?? 1))
      this.#fail(`${pes} PEs can't be shared out: every node has as many as the others`);
    this.#argv.push(`--pes=${pes / nodes}`);
    if (nodes > 1) this.#argv.push(`--nodes=${nodes}`);
  }

  #count(name: string, value: string): number {
    if (/^[1-9]\d*$/.test(value)) return Number(value);
    this.#fail(`${name} takes a number from 1 on, not ${value}`);
    return 1;
  }

  /** The first error counts. */
  #fail(error: string): number {
    this.#error ??= error;
    return 0;
  }
}

interface Found {
  readonly name: string;
  readonly option: CharmOption;
  /** That stands in the same word. */
  readonly value: string | undefined;
}

function find(word: string): Found | undefined {
  const [name, value] = split(word);
  const option = byName.get(name.toLowerCase());
  if (option !== undefined) return { name, option, value };
  // `+p4`, `++ppn2`, `+LBPeriod0.5`
  for (const [known, attached] of attachable) {
    const rest = word.slice(known.length);
    if (word.toLowerCase().startsWith(known) && /^[\d.]/.test(rest))
      return { name: word.slice(0, known.length), option: attached, value: rest };
  }
  return undefined;
}

function split(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=');
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** A word that may be the value of an option that need not have one: a number, or a list of them. */
function isValue(word: string): boolean {
  return /^[\d.,:-]+$/.test(word);
}

function unknown(word: string): string {
  const [name] = split(word);
  const names = charmOptions.flatMap((option) => option.names);
  const close = closestMatch(name, names, { maxDistance: Math.ceil(closeShare * name.length) });
  const hint = close === undefined ? '' : ` Did you mean ${close}?`;
  return `unknown option '${name}'.${hint} (What begins with + and is for the program goes behind --.)`;
}
