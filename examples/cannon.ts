/**
 * Matrix multiplication C = A B by Cannon's algorithm, on a grid of q x q chares with a block of each matrix.
 *
 *   1. The chare in row i and column j starts with the blocks A(i, k) and B(k, j) where k = i + j mod q.
 *   2. In each of q rounds it adds the product of its blocks to C(i, j), sends its block of A to the left and that
 *      of B upwards, and takes those that come from the right and from below.
 *
 * Each chare has four channels. A value is in the channel as soon as it is sent, so blocks travel while others multiply,
 * and nobody counts rounds: the n-th block out of a channel is the n-th that went in.
 *
 * Elements are small integers, so that the product is exact and can be compared with the sequential one.
 */
import { type Callback, Chare, type Charm, Reducer, readonly } from 'charm4ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { blocks: 4, width: 32 };
/** Blocks along an axis, and elements of a block along an axis. */
export const settings = readonly<typeof defaults>();

export class Cell extends Chare<[row: number, column: number]> {
  async multiply(done: Callback<number>): Promise<void> {
    const { blocks, width } = this.charm.get(settings);
    const [row, column] = this.index;
    const at = (i: number, j: number) => this.array.at([(i + blocks) % blocks, (j + blocks) % blocks]);
    const left = this.channel<Float64Array>(at(row, column - 1), { name: 'A' });
    const right = this.channel<Float64Array>(at(row, column + 1), { name: 'A' });
    const up = this.channel<Float64Array>(at(row - 1, column), { name: 'B' });
    const down = this.channel<Float64Array>(at(row + 1, column), { name: 'B' });

    const first = (row + column) % blocks;
    let a = block(elementOfA, row, first, width);
    let b = block(elementOfB, first, column, width);
    const c = new Float64Array(width * width);
    for (let round = 1; ; round++) {
      if (round < blocks) {
        left.send(a);
        up.send(b);
      }
      addProduct(c, a, b, width);
      if (round === blocks) break;
      [a, b] = await Promise.all([right.recv(), down.recv()]);
    }
    this.contribute(wrongElements(c, row, column, blocks, width), Reducer.sum, done);
  }
}

/** Any small integers will do. */
function elementOfA(i: number, j: number): number {
  return ((3 * i + 5 * j) % 11) - 5;
}

function elementOfB(i: number, j: number): number {
  return ((7 * i + 2 * j) % 13) - 6;
}

function block(element: (i: number, j: number) => number, row: number, column: number, width: number): Float64Array {
  const place = (p: number): [number, number] => [row * width + Math.floor(p / width), column * width + (p % width)];
  return Float64Array.from({ length: width * width }, (_, p) => element(...place(p)));
}

/** c += a b. Row by row of b, so that all three are read in the order in which they lie in memory. */
function addProduct(c: Float64Array, a: Float64Array, b: Float64Array, width: number): void {
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < width; k++) {
      const factor = a[i * width + k]!;
      for (let j = 0; j < width; j++) c[i * width + j]! += factor * b[k * width + j]!;
    }
  }
}

/** Compares a block of C with the definition of the product. */
function wrongElements(c: Float64Array, row: number, column: number, blocks: number, width: number): number {
  let wrong = 0;
  for (let p = 0; p < c.length; p++) {
    const i = row * width + Math.floor(p / width);
    const j = column * width + (p % width);
    let expected = 0;
    for (let k = 0; k < blocks * width; k++) expected += elementOfA(i, k) * elementOfB(k, j);
    if (c[p] !== expected) wrong++;
  }
  return wrong;
}

export default async function main(charm: Charm): Promise<void> {
  const { blocks, width } = settingsFrom(charm.args, defaults);
  charm.set(settings, { blocks, width });
  const grid = await charm.array(Cell, { size: [blocks, blocks] });
  const done = charm.future<number>();
  grid.all.multiply(done);
  const wrong = await done.get();
  const size = blocks * width;
  console.log(`multiplied matrices of ${size} x ${size} in ${blocks * blocks} blocks, ${wrong} elements wrong`);
  if (wrong > 0) return charm.abort('the product is wrong');
  charm.exit();
}
