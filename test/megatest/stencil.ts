/** A whole program: Jacobi iterations on a rod, halo exchange by messages, convergence by allreduce; equal to a loop. */
import assert from 'node:assert/strict';
import { Chare, type Charm, Reducer } from 'charm4ts';

const cellCount = 60;
const blockCount = 12;
const blockSize = cellCount / blockCount;
const stepCount = 15;

function initial(i: number): number {
  return i === 0 ? 100 : i === cellCount - 1 ? -50 : 0;
}

/** One step for the cells between two halo cells; the ends of the rod stay. */
function relax(cells: Float64Array, first: number): Float64Array {
  return cells.map((cell, i) => {
    const at = first + i;
    if (i === 0 || i === cells.length - 1 || at === 0 || at === cellCount - 1) return cell;
    return (cells[i - 1]! + cells[i + 1]!) / 2;
  });
}

export class StencilBlock extends Chare {
  /** With a halo cell at either end. */
  _cells: Float64Array = Float64Array.from({ length: blockSize + 2 }, (_, i) =>
    initial(this.index * blockSize + i - 1),
  );
  readonly _halos = new Map<string, number>();
  _wake: (() => void) | undefined = undefined;

  async run(): Promise<readonly number[]> {
    let change = 0;
    for (let step = 0; step < stepCount; step++) {
      const { index } = this;
      if (index > 0) this.array.at(index - 1).halo(step, 'right', this._cells[1]!);
      if (index < blockCount - 1) this.array.at(index + 1).halo(step, 'left', this._cells[blockSize]!);
      if (index > 0) this._cells[0] = await this._take(`${step} left`);
      if (index < blockCount - 1) this._cells[blockSize + 1] = await this._take(`${step} right`);
      const next = relax(this._cells, index * blockSize - 1);
      const mine = next.reduce((max, cell, i) => Math.max(max, Math.abs(cell - this._cells[i]!)), 0);
      this._cells = next;
      change = await this.allreduce(mine, Reducer.max);
    }
    return [change, ...this._cells.subarray(1, blockSize + 1)];
  }

  halo(step: number, side: string, value: number): void {
    this._halos.set(`${step} ${side}`, value);
    this._wake?.();
  }

  async _take(key: string): Promise<number> {
    while (!this._halos.has(key)) {
      const came = this.charm.future();
      this._wake = () => came.set();
      await came.get();
    }
    return this._halos.get(key)!;
  }
}

export async function stencil(charm: Charm): Promise<void> {
  let rod: Float64Array = Float64Array.from({ length: cellCount + 2 }, (_, i) => initial(i - 1));
  let change = 0;
  for (let step = 0; step < stepCount; step++) {
    const next = relax(rod, -1);
    change = next.reduce((max, cell, i) => Math.max(max, Math.abs(cell - rod[i]!)), 0);
    rod = next;
  }
  const blocks = await charm.array(StencilBlock, { size: blockCount });
  const results = await Promise.all(Array.from({ length: blockCount }, (_, i) => blocks.at(i).ask.run()));
  for (const [changed] of results) assert.equal(changed, change);
  assert.deepEqual(
    results.flatMap(([, ...cells]) => cells),
    [...rod.subarray(1, cellCount + 1)],
  );
}
