/** Readonly values are the same on every PE, from the first constructor on, and cannot be set later. */
import assert from 'node:assert/strict';
import { Chare, type Charm, Reducer, readonly, UsageError } from 'charm4ts';

interface Settings {
  readonly name: string;
  readonly table: Float64Array;
  readonly nested: { readonly flags: ReadonlySet<string> };
}

export const megaSettings = readonly<Settings>();
export const megaCount = readonly<number>();
export const megaUnset = readonly<number>();

export function prepareReadonlys(charm: Charm): void {
  charm.set(megaSettings, expected());
  charm.set(megaCount, 1);
  charm.set(megaCount, 17);
}

function expected(): Settings {
  return { name: 'settings', table: Float64Array.of(1, 2.5, -0), nested: { flags: new Set(['a', 'b']) } };
}

export class ReadonlyReader extends Chare {
  constructor() {
    super();
    this._check();
  }

  check(): void {
    this._check();
    assert.throws(() => this.charm.set(megaCount, 18), UsageError);
    assert.throws(() => this.charm.get(megaUnset), UsageError);
  }

  _check(): void {
    assert.deepEqual(this.charm.get(megaSettings), expected());
    assert.equal(this.charm.get(megaCount), 17);
  }

  async agree(): Promise<boolean> {
    return (await this.allreduce(this.charm.get(megaCount), Reducer.sum)) === 17 * this.charm.pes;
  }
}

export async function readonlys(charm: Charm): Promise<void> {
  const group = await charm.group(ReadonlyReader);
  await charm.array(ReadonlyReader, { size: 9 });
  await charm.chare(ReadonlyReader, { onPe: charm.pes - 1 });
  const checks = [];
  for (let pe = 0; pe < charm.pes; pe++) checks.push(group.at(pe).ask.check(), group.at(pe).ask.agree().then(assert));
  await Promise.all(checks);
  assert.throws(() => charm.set(megaCount, 18), UsageError);
}
