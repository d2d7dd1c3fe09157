/** Chares of all kinds that need a group find its branch on their PE, from their constructors on. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type GroupProxy } from 'charm4ts';

export class NeededGroup extends Chare {
  readonly _name: string;
  _uses = 0;

  constructor(name: string) {
    super();
    this._name = name;
  }

  /** Called directly, by chares of the same PE. */
  _use(): string {
    this._uses++;
    return `${this._name} on PE ${this.charm.pe}`;
  }

  uses(): number {
    return this._uses;
  }
}

export class DependentChare extends Chare {
  readonly _group: GroupProxy<NeededGroup>;

  constructor(group: GroupProxy<NeededGroup>) {
    super();
    this._group = group;
    this.useIt();
  }

  useIt(): void {
    assert.equal(this._group.local()._use(), `needed on PE ${this.charm.pe}`);
  }
}

export async function groupDependence(charm: Charm): Promise<void> {
  const needed = await charm.group(NeededGroup, { args: ['needed'] });
  const args: [GroupProxy<NeededGroup>] = [needed];
  const [array, group, nodeGroup, chare] = await Promise.all([
    charm.array(DependentChare, { size: 7, args }),
    charm.group(DependentChare, { args }),
    charm.nodeGroup(DependentChare, { args }),
    charm.chare(DependentChare, { args, priority: -100 }),
  ]);
  array.all.with({ priority: -1 }).useIt();
  group.all.with({ priority: -2 }).useIt();
  nodeGroup.all.with({ expedited: true }).useIt();
  await chare.ask.useIt();
  await charm.quiescence();
  const uses = await Promise.all(Array.from({ length: charm.pes }, (_, pe) => needed.at(pe).ask.uses()));
  assert.equal(
    uses.reduce((a, b) => a + b),
    2 * (7 + charm.pes + charm.nodes + 1),
  );
}
