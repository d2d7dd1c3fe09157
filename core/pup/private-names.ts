/** Private names (# fields and methods) are invisible from outside, except in the source of a class and its ancestors. */
const found = new WeakMap<object, string | undefined>();

/** A private name that the class uses on `this`, if there is one: its instances can't be packed field by field. */
export function privateNameIn(classValue: unknown): string | undefined {
  if (typeof classValue !== 'function') return undefined;
  if (!found.has(classValue)) found.set(classValue, search(classValue));
  return found.get(classValue);
}

/** The same, without the ancestors. */
export function ownPrivateName(classValue: object): string | undefined {
  return /\bthis\.(#[\w$]+)/.exec(Function.prototype.toString.call(classValue))?.[1];
}

function search(classValue: object): string | undefined {
  const own = ownPrivateName(classValue);
  if (own !== undefined) return own;
  const parent: unknown = Object.getPrototypeOf(classValue);
  return parent === Function.prototype ? undefined : privateNameIn(parent);
}
