/**
 * Random async programs, as source text. Every program ends: loops count, recursion goes down. They tell what they do with `$c.log`, and wait
 * with `$c.wait(value)`, which gives the value, or fails with it if it is a negative number.
 */
import { SeededRandom } from '../../core/base/random.ts';

export function randomProgram(seed: number, size: number): string {
  return new Writer(seed, size).program();
}

class Writer {
  readonly #random: SeededRandom;
  #left: number;
  #names = 0;
  /** Variables in scope, and whether they may be assigned. */
  #scope: { name: string; isConst: boolean }[] = [{ name: 'x', isConst: false }];
  #functions: string[] = [];
  #loops: { label: string | undefined; isLoop: boolean }[] = [];
  #depth = 0;

  constructor(seed: number, size: number) {
    this.#random = new SeededRandom(seed);
    this.#left = size;
  }

  program(): string {
    const body = this.#block(() => this.#statements(4, ['a', 'b', 'x', 'y']));
    return `
class Base {
  constructor() { this.n = 1; }
  async up(x) { $c.log('up', x); return this.n + (await $c.wait(x)); }
  get twice() { return this.n * 2; }
}
class Derived extends Base {
  hidden = 3;
  static #made = 0;
  async up(x) {
    const more = async (y) => { this.hidden += await $c.wait(1); return y + this.hidden + (await super.up(y)); };
    try { this.n += x; return await more(x); } finally { $c.log('left', this.hidden, super.twice); await $c.wait(0); }
  }
  static async make() { const d = new this(); d.n += Derived.#made++; await $c.wait(0); $c.log(Derived.#made); return d; }
}
async function walk(n, list = [], { step = 1, ...others } = {}, ...more) {
  $c.log('walk', n, others, more);
  if (n <= 0) return list;
  list.push(await $c.wait(n));
  return walk(n - step, list, { step, n }, ...more, n);
}
async function main(a, b) {
  const list = [1, 2, 3], object = { p: 1, q: { r: 2 } }, nothing = null;
  let x = a, y = b, self = new Derived();
  const later = [];
${body}
  for (const f of later) $c.log('later', f(), x);
  return [x, y, object, list, await self.up(1)];
}
`;
  }

  #below(n: number): number {
    return this.#random.below(n);
  }

  #pick<V>(values: readonly V[]): V {
    return values[this.#below(values.length)]!;
  }

  #name(): string {
    // Names repeat, so that they hide each other.
    return this.#below(3) === 0 ? this.#pick(['i', 'j', 'k', 'v', 'x']) : `v${this.#names++}`;
  }

  #block(inner: () => string): string {
    const [scope, functions] = [[...this.#scope], [...this.#functions]];
    this.#depth++;
    const text = inner();
    this.#depth--;
    this.#scope = scope;
    this.#functions = functions;
    return text;
  }

  #statements(count: number, taken: readonly string[] = []): string {
    const own = new Set<string>(taken);
    let text = '';
    for (let i = 0; i < 1 + this.#below(count); i++) text += `${this.#statement(own)}\n`;
    return text;
  }

  #statement(own: Set<string>): string {
    this.#left--;
    const simple = this.#depth > 5 || this.#left < 0;
    const kinds = simple
      ? (['log', 'assign', 'await', 'jump'] as const)
      : ([
          'log',
          'assign',
          'await',
          'declare',
          'declare',
          'if',
          'for',
          'forOf',
          'forIn',
          'while',
          'do',
          'switch',
          'try',
          'try',
          'destructure',
          'closure',
          'function',
          'arrow',
          'label',
          'jump',
          'throw',
          'block',
          'call',
          'all',
          'map',
          'var',
        ] as const);
    const kind = this.#pick(kinds);
    switch (kind) {
      case 'log':
        return `$c.log('${this.#names++}', ${this.#expression(2)});`;
      case 'await':
        return `await $c.wait(${this.#expression(1)});`;
      case 'assign':
        return `${this.#assignment()};`;
      case 'declare': {
        const name = this.#fresh(own);
        const isConst = this.#below(2) === 0;
        const init = this.#expression(2);
        this.#scope.push({ name, isConst });
        return `${isConst ? 'const' : 'let'} ${name} = ${init};`;
      }
      case 'var': {
        const name = `w${this.#names++}`;
        const text = `var ${name} = ${this.#expression(2)};`;
        this.#scope.push({ name, isConst: false });
        return text;
      }
      case 'destructure': {
        const [p, q, rest] = [this.#fresh(own), this.#fresh(own), this.#fresh(own)];
        const text = this.#pick([
          `let { p: ${p}, zz: ${q} = ${this.#expression(1)}, ...${rest} } = object;`,
          `let [${p}, , ${q} = ${this.#expression(1)}, ...${rest}] = [...list, ${this.#expression(1)}];`,
          `let { q: { r: ${p} }, ['p']: ${q} } = object, ${rest} = ${this.#expression(1)};`,
        ]);
        for (const name of [p, q, rest]) this.#scope.push({ name, isConst: false });
        return text;
      }
      case 'if':
        return `if (${this.#expression(2)}) {\n${this.#block(() => this.#statements(3))}} else {\n${this.#block(() => this.#statements(2))}}`;
      case 'for':
        return this.#loop(() => {
          const name = this.#name();
          const end = 1 + this.#below(3);
          this.#scope.push({ name, isConst: true });
          const capture = this.#below(2) === 0 ? `later.push(() => ${name});\n` : '';
          const change = this.#below(4) === 0 ? `${name} += 0;\n` : '';
          return `for (let ${name} = 0; ${name} < ${end}; ${name}++) {\n${capture}${change}${this.#statements(3)}}`;
        });
      case 'forOf':
        return this.#loop(() => {
          const items = this.#pick([
            '[7, 8]',
            'list',
            '"ab"',
            'new Set([4, 5])',
            'new Map([[1, 2], [3, 4]])',
            'new Uint8Array(2)',
            `[${this.#expression(1)}]`,
          ]);
          const name = this.#name();
          const isList = items === 'list';
          this.#scope.push({ name, isConst: false });
          const capture = this.#below(3) === 0 ? `later.push(() => ${name});\n` : '';
          const end = isList ? 'if (list.length > 9) break;\n' : '';
          return `for (let ${name} of ${items}) {\n${end}${capture}${this.#statements(3)}}`;
        });
      case 'forIn':
        return this.#loop(() => {
          const name = this.#name();
          this.#scope.push({ name, isConst: true });
          return `for (const ${name} in object) {\n${this.#statements(3)}}`;
        });
      case 'while':
        return this.#counted((count, body) => `while (${count}-- > 0 && ${this.#condition()}) {\n${body}}`);
      case 'do':
        return this.#counted((count, body) => `do {\n${body}} while (${count}-- > 0 && ${this.#condition()});`);
      case 'switch': {
        const subject = this.#expression(1);
        return this.#block(() => {
          this.#loops.push({ label: undefined, isLoop: false });
          let text = `switch (${subject}) {\n`;
          const cases = 1 + this.#below(3);
          const defaultAt = this.#below(cases + 1);
          for (let i = 0; i < cases; i++) {
            const test = this.#below(4) === 0 ? `await $c.wait(${this.#below(4)})` : `${this.#below(4)}`;
            text += i === defaultAt ? 'default:\n' : `case ${test}:\n`;
            // In a block: variables of one case are not there in the next.
            text += `{ ${this.#block(() => this.#statements(2))} }\n${this.#below(2) === 0 ? 'break;\n' : ''}`;
          }
          this.#loops.pop();
          return `${text}}`;
        });
      }
      case 'try': {
        const body = this.#block(() => this.#statements(3));
        const hasCatch = this.#below(3) > 0;
        const hasFinally = !hasCatch || this.#below(2) === 0;
        const handler = hasCatch
          ? this.#block(() => {
              const name = this.#name();
              this.#scope.push({ name, isConst: false });
              const capture = this.#below(3) === 0 ? `later.push(() => String(${name}));\n` : '';
              return ` catch (${name}) {\n${capture}$c.log('caught', String(${name}));\n${this.#statements(2, [name])}}`;
            })
          : '';
        const last = hasFinally ? ` finally {\n$c.log('finally');\n${this.#block(() => this.#statements(2))}}` : '';
        return `try {\n${body}}${handler}${last}`;
      }
      case 'closure': {
        const variable = this.#variable();
        return this.#pick([
          `later.push(() => ${variable});`,
          `later.push(() => [${variable}, typeof list, this === undefined]);`,
          `{ let n = 0; const count = () => ++n; later.push(count); $c.log(count(), ${this.#expression(1)}, count()); }`,
        ]);
      }
      case 'function': {
        const name = `f${this.#names++}`;
        const parameter = this.#name();
        const body = this.#inFunction(parameter);
        // Hoisted: it may be called before, and sees variables that come later.
        return `$c.log(await ${name}(${this.#expression(1)}));\nasync function ${name}(${parameter} = 2, n = 1) {\n${body}if (n > 0) return ${name}(${parameter}, n - 1);\n}`;
      }
      case 'arrow': {
        const name = `g${this.#names++}`;
        const parameter = this.#name();
        const body = this.#inFunction(parameter);
        this.#functions.push(name);
        return `const ${name} = async (${parameter}, [first = 5] = [], n = 1) => {\n$c.log('in', first);\n${body}return n > 0 ? ${name}(${parameter}, list, n - 1) : first;\n};`;
      }
      case 'label': {
        const label = `l${this.#names++}`;
        this.#loops.push({ label, isLoop: false });
        const text = `${label}: {\n${this.#block(() => this.#statements(3))}}`;
        this.#loops.pop();
        return text;
      }
      case 'jump':
        return this.#jump();
      case 'throw':
        return `if (${this.#condition()}) throw new Error(${this.#expression(1)});`;
      case 'block':
        return `{\n${this.#block(() => this.#statements(3))}}`;
      case 'call': {
        const call = this.#pick([
          'walk(2)',
          `walk(${this.#below(3)}, list.slice(1), { step: 1, more: ${this.#expression(1)} }, 7)`,
          'self.up(2)',
          'Derived.make()',
        ]);
        return `$c.log(JSON.stringify(await ${call}));`;
      }
      case 'all':
        return `$c.log(JSON.stringify(await Promise.all([${this.#expression(1)}, $c.wait(2), ...list.map(async (e) => e + (await $c.wait(e)))])));`;
      case 'map':
        return `$c.log(list.map((e) => [e, ${this.#variable()}]).filter(([e]) => e > 1).length);`;
    }
  }

  #fresh(own: Set<string>): string {
    let name = this.#name();
    while (own.has(name)) name = `v${this.#names++}`;
    own.add(name);
    // Not before its declaration: that would be an error of the program.
    this.#scope = this.#scope.filter((known) => known.name !== name);
    return name;
  }

  #inFunction(parameter: string): string {
    const [loops, depth] = [this.#loops, this.#depth];
    this.#loops = [];
    this.#depth += 2;
    const text = this.#block(() => {
      this.#scope.push({ name: parameter, isConst: false });
      return this.#statements(3);
    });
    this.#loops = loops;
    this.#depth = depth;
    return text;
  }

  #loop(inner: () => string): string {
    const label = this.#below(3) === 0 ? `l${this.#names++}` : undefined;
    this.#loops.push({ label, isLoop: true });
    const text = this.#block(inner);
    this.#loops.pop();
    return label === undefined ? text : `${label}: ${text}`;
  }

  #counted(make: (count: string, body: string) => string): string {
    const count = `c${this.#names++}`;
    const loop = this.#loop(() => {
      const body = this.#statements(3);
      return make(count, body);
    });
    return `let ${count} = ${1 + this.#below(3)};\n${loop}`;
  }

  #jump(): string {
    const condition = this.#condition();
    if (this.#loops.length === 0 || this.#below(5) === 0) return `if (${condition}) return ${this.#expression(2)};`;
    const target = this.#pick(this.#loops);
    if (target.label !== undefined) {
      const word = target.isLoop && this.#below(2) === 0 ? 'continue' : 'break';
      return `if (${condition}) ${word} ${target.label};`;
    }
    const inLoop = this.#loops.some(({ isLoop }) => isLoop);
    const plain = this.#loops.some(({ label, isLoop }) => isLoop || label === undefined);
    if (inLoop && this.#below(2) === 0) return `if (${condition}) continue;`;
    return plain ? `if (${condition}) break;` : '';
  }

  #variable(): string {
    return this.#pick(['y', ...this.#scope.map(({ name }) => name)]);
  }

  #assignment(): string {
    const free = this.#scope.filter(({ isConst }) => !isConst).map(({ name }) => name);
    const target = this.#pick([
      ...free,
      ...free,
      'y',
      'object.p',
      'object.q.r',
      "object[await $c.wait('p')]",
      'list[0]',
      'self.n',
    ]);
    const operator = this.#pick(['=', '=', '+=', '-=', '??=', '||=', '&&=']);
    if (this.#below(6) === 0) return `${target}${this.#pick(['++', '--'])}`;
    if (this.#below(6) === 0) return `[${target}, object.p = ${this.#expression(1)}] = [${this.#expression(1)}]`;
    return `${target} ${operator} ${this.#expression(2)}`;
  }

  #condition(): string {
    return this.#pick([
      `$c.flip()`,
      `(await $c.wait(1)) && $c.flip()`,
      `$c.flip() || (await $c.wait(0))`,
      `!$c.flip()`,
      this.#expression(1),
    ]);
  }

  #expression(depth: number): string {
    if (depth === 0 || this.#below(4) === 0)
      return this.#pick([this.#variable(), String(this.#below(5)), this.#variable(), 'object.p', 'list.length']);
    const e = (): string => this.#expression(depth - 1);
    return this.#pick([
      () => `(${e()} + ${e()})`,
      () => `(await $c.wait(${e()}))`,
      () => `(await $c.wait(${e()}))`,
      () => `(${e()} ${this.#pick(['&&', '||', '??'])} (await $c.wait(${e()})))`,
      () => `(${e()} ? await $c.wait(${e()}) : ${e()})`,
      () => `$c.log('e', ${e()}, ${e()})`,
      () => `[${e()}, ...[${e()}, await $c.wait(2)], ${e()}].length`,
      () => `({ a: ${e()}, ['b' + ${e()}]: ${e()}, ...object, c: await $c.wait(${e()}) }).a`,
      () => `\`<\${${e()}}|\${await $c.wait(${e()})}>\``,
      () => `nothing?.foo(await $c.wait(${e()}))`,
      () => `object?.q?.[await $c.wait('r')]`,
      () => `object.q.r++`,
      () => `(x, ${e()}, await $c.wait(${e()}))`,
      () => `typeof (await $c.wait(${e()}))`,
      () => `self.twice`,
      () => `(object.p = await $c.wait(${e()}))`,
      () => `Math.max(1, await $c.wait(${e()}), ${this.#below(9)})`,
      () => (this.#functions.length === 0 ? e() : `(await ${this.#pick(this.#functions)}(${e()}, [], 0))`),
      () =>
        `(await (async () => { try { return await $c.wait(-1 - $c.flip()); } catch (e) { return [String(e), ${this.#variable()}].length; } })())`,
    ])();
  }
}
