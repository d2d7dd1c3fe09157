/** `Info`: hints, as texts under names, in the order in which they were set. */
import { MpiError } from '../errors.ts';

export const MAX_INFO_KEY = 255;
export const MAX_INFO_VAL = 1024;

export class Info {
  private readonly entries = new Map<string, string>();

  set(key: string, value: string): void {
    if (key.length === 0 || key.length > MAX_INFO_KEY) throw new MpiError('INFO_KEY', `the key ${JSON.stringify(key)}`);
    if (value.length > MAX_INFO_VAL) throw new MpiError('INFO_VALUE', `a value has ${MAX_INFO_VAL} characters at most`);
    this.entries.set(key, value);
  }

  get(key: string): string | undefined {
    return this.entries.get(key);
  }

  getValuelen(key: string): number | undefined {
    return this.entries.get(key)?.length;
  }

  delete(key: string): void {
    if (!this.entries.delete(key)) throw new MpiError('INFO_NOKEY', `there is no key ${JSON.stringify(key)}`);
  }

  getNkeys(): number {
    return this.entries.size;
  }

  getNthkey(n: number): string {
    const key = [...this.entries.keys()][n];
    if (key === undefined) throw new MpiError('ARG', `there is no key number ${n}; there are ${this.entries.size}`);
    return key;
  }

  dup(): Info {
    const copy = new Info();
    for (const [key, value] of this.entries) copy.set(key, value);
    return copy;
  }

  free(): void {
    this.entries.clear();
  }
}
