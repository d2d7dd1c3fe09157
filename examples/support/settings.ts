/**
 * Arguments of the examples: `name=value` for each name in `defaults`, in any order. What is not given has its default.
 *
 *     charm4ts run examples/jacobi3d.ts --pes 2 -- blocks=3 width=10
 */

type Values<T> = { readonly [K in keyof T]: T[K] extends number ? number : string };

/** @throws Error that lists the names there are, with their defaults. */
export function settingsFrom<T extends Readonly<Record<string, number | string>>>(
  args: readonly string[],
  defaults: T,
): Values<T> {
  const values: Record<string, number | string> = { ...defaults };
  for (const arg of args) {
    const [name = '', text = ''] = arg.split('=');
    const known = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (known === undefined || text === '')
      throw new Error(`no such argument: ${arg}; there are ${describe(defaults)}, and name=value changes one`);
    values[name] = typeof known === 'number' ? numberFrom(name, text) : text;
  }
  return values as Values<T>;
}

function numberFrom(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name} must be a number, 0 or more, not ${text}`);
}

function describe(defaults: Readonly<Record<string, number | string>>): string {
  return Object.entries(defaults)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
