/**
 * Molecular dynamics in the manner of LeanMD and NAMD: atoms in a periodic box, forces within a cut-off.
 *
 * Space is cut into cells, at least as wide as the cut-off, so that an atom feels only those of its own cell and of the 26
 * around it. Two kinds of chares: a `Cell` has atoms and moves them; a `Pair` has nothing, and computes the forces
 * between two cells (or within one). There are 14 pairs for each cell, so the work is in many small pieces that a
 * balancer can move about, and each pair of atoms is looked at once.
 *
 * A step (velocity Verlet):
 *   1. a cell sends the positions of its atoms to its 27 pairs: a multicast to a section of the array of pairs;
 *   2. a pair that has both cells' positions computes the forces, and contributes them to both cells' sections: each PE adds up
 *      the forces of its pairs, and a cell gets one message with the sum of all;
 *   3. a cell that has it moves its atoms.
 *   4. Now and then cells hand atoms that have left them to their neighbours.
 *
 * No cell waits for all others: each goes on as soon as its own pairs have answered. A pair can't get positions of two
 * steps mixed up, since a cell sends those of the next step when it has the pair's answer to this one.
 *
 * Checked: all atoms are still there; momentum is conserved to rounding, and energy to what the step allows.
 */
import {
  type ArrayProxy,
  type Callback,
  Chare,
  type Charm,
  type Entries,
  Reducer,
  readonly,
  type SectionProxy,
} from 'charm4ts';
import { randomNumbers } from './support/random-numbers.ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { cells: 3, atoms: 2, steps: 40, rehome: 10 };
/** Cells along an axis, atoms of a cell along an axis at first, steps, and steps between hand-overs of atoms. */
export const settings = readonly<typeof defaults>();

// In units of the Lennard-Jones potential: diameter and depth are 1, and so is the mass.
const cutOff = 2.5;
const cellWidth = 3;
const timeStep = 0.004;
const speed = 1;

type CellIndex = [x: number, y: number, z: number];
/** A cell, and which of its 14 pairs. */
type PairIndex = [x: number, y: number, z: number, offset: number];

/** From a cell to the partner of each of its pairs: itself, and one of each two opposite neighbours. */
const offsets: readonly CellIndex[] = [...box(-1, 1)].filter(([x, y, z]) => 9 * x + 3 * y + z >= 0);
const selfOffset = 0;

/** Sums at the end of a step: kinetic energy, potential energy, momentum (3), atoms, atoms that have changed cells. */
type Totals = number[];

export class Cell extends Chare<CellIndex> {
  static readonly entries: Entries<Cell> = { hand: { when: (self, step) => step === self.step && self.isHanding } };

  step = 0;
  isHanding = false;
  private readonly settings = this.charm.get(settings);
  /** x, y, z of each atom, one after the other. */
  private positions: number[] = [];
  private velocities: number[] = [];
  private forces: Float64Array = new Float64Array();
  private potential = 0;
  private pairs: SectionProxy<Pair> | undefined = undefined;
  private taken = 0;
  private handsMissing = 0;
  private before: Callback<Totals> | undefined = undefined;
  private whenDone: Callback<Totals> | undefined = undefined;

  constructor() {
    super();
    const { cells, atoms } = this.settings;
    const [x, y, z] = this.index;
    const random = randomNumbers((x * cells + y) * cells + z);
    for (const site of box(0, atoms - 1)) {
      // Near the sides of the cell, so that some leave it soon.
      const at = site.map((i, axis) => (this.index[axis]! + (i + 0.05) / atoms) * cellWidth);
      this.positions.push(...at);
      // The last atom of a pair gets the opposite of the first one's velocity: the momentum is 0.
      const isSecond = (this.positions.length / 3) % 2 === 0;
      const last = this.velocities.slice(-3);
      this.velocities.push(...(isSecond ? last.map((v) => -v) : at.map(() => (2 * random() - 1) * speed)));
    }
  }

  /** `before` and `after` get the totals of the first and of the last step. */
  start(pairs: ArrayProxy<Pair, PairIndex>, before: Callback<Totals>, after: Callback<Totals>): void {
    this.pairs = pairs.section(pairsOf(this.index, this.settings.cells));
    this.before = before;
    this.whenDone = after;
    this._send();
  }

  /** Step 1. */
  _send(): void {
    const pairs = this.pairs!;
    pairs.positions(this.index, Float64Array.from(this.positions), pairs, this.self.callback.sum);
  }

  /** Step 3: the forces of all pairs on the atoms of this cell, and behind them the potential energy. */
  sum(forces: Float64Array): void {
    this.forces = forces;
    this.potential = forces.at(-1)!;
    // Half a kick ends the last step, half a kick begins the next one.
    if (this.step > 0) this._kick();
    if (this.step === 0) this._report(this.before!);
    if (this.step === this.settings.steps) return this._report(this.whenDone!);
    this._kick();
    for (let i = 0; i < this.positions.length; i++) this.positions[i]! += this.velocities[i]! * timeStep;
    this.step++;
    if (this.step % this.settings.rehome === 0) this._handOver();
    else this._send();
  }

  _kick(): void {
    for (let i = 0; i < this.velocities.length; i++) this.velocities[i]! += (this.forces[i]! * timeStep) / 2;
  }

  /** Step 4: to each of the 26 neighbours the atoms that are there now. */
  _handOver(): void {
    const { cells, rehome } = this.settings;
    const speedMax = (cellWidth - cutOff) / 2 / (rehome * timeStep);
    if (this.velocities.some((v) => Math.abs(v) > speedMax)) this.charm.abort('an atom is too fast: lower rehome');
    const leaving = new Map<string, number[]>();
    const { positions, velocities } = this;
    this.positions = [];
    this.velocities = [];
    for (let i = 0; i < positions.length; i += 3) {
      const at = positions.slice(i, i + 3).map((x) => modulo(x, cells * cellWidth));
      const to = at.map((x) => Math.floor(x / cellWidth) % cells).join();
      const atom = [...at, ...velocities.slice(i, i + 3)];
      if (to === this.index.join()) this._take(atom);
      else leaving.set(to, [...(leaving.get(to) ?? []), ...atom]);
    }
    this.isHanding = true;
    this.handsMissing = 26;
    for (const offset of box(-1, 1)) {
      if (offset.every((i) => i === 0)) continue;
      const to = cellAt(this.index, offset, 1, cells);
      this.array.at(to).hand(this.step, leaving.get(to.join()) ?? []);
      leaving.delete(to.join());
    }
  }

  /** Atoms of a neighbour: 6 numbers each. */
  hand(_step: number, atoms: readonly number[]): void {
    for (let i = 0; i < atoms.length; i += 6) this._take(atoms.slice(i, i + 6));
    this.taken += atoms.length / 6;
    this.handsMissing--;
    if (this.handsMissing > 0) return;
    this.isHanding = false;
    this._send();
  }

  _take(atom: readonly number[]): void {
    this.positions.push(...atom.slice(0, 3));
    this.velocities.push(...atom.slice(3));
  }

  _report(totals: Callback<Totals>): void {
    const { velocities } = this;
    const kinetic = velocities.reduce((sum, v) => sum + (v * v) / 2, 0);
    const momentum = [0, 1, 2].map((axis) => velocities.reduce((sum, v, i) => sum + (i % 3 === axis ? v : 0), 0));
    this.contribute([kinetic, this.potential, ...momentum, velocities.length / 3, this.taken], Reducer.sum, totals);
  }
}

/** The cell at an offset of another; the box is periodic. */
function cellAt(index: readonly number[], offset: CellIndex, sign: 1 | -1, cells: number): CellIndex {
  return offset.map((o, axis) => modulo(index[axis]! + sign * o, cells)) as CellIndex;
}

/** The pairs that a cell is the first of, and those that it is the second of. */
function pairsOf(index: CellIndex, cells: number): PairIndex[] {
  const asFirst = offsets.map((_, i): PairIndex => [...index, i]);
  const asSecond = offsets.map((offset, i): PairIndex => [...cellAt(index, offset, -1, cells), i]);
  return [...asFirst, ...asSecond.filter(([, , , i]) => i !== selfOffset)];
}

/** What a pair has of a cell, and where its answer goes. */
interface Half {
  readonly positions: Float64Array;
  readonly section: SectionProxy<Pair>;
  readonly sum: Callback<Float64Array>;
}

export class Pair extends Chare<PairIndex> {
  private readonly length = this.charm.get(settings).cells * cellWidth;
  private readonly isSelf = this.index[3] === selfOffset;
  private first: Half | undefined = undefined;
  private second: Half | undefined = undefined;

  /** Step 2. */
  positions(from: CellIndex, positions: Float64Array, section: SectionProxy<Pair>, sum: Callback<Float64Array>): void {
    const half = { positions, section, sum };
    if (from.every((i, axis) => i === this.index[axis])) this.first = half;
    else this.second = half;
    const { first, second } = this;
    if (first === undefined || (second === undefined && !this.isSelf)) return;
    this.first = undefined;
    this.second = undefined;
    // The potential energy goes behind the forces; it counts for one of the two cells.
    const onFirst = new Float64Array(first.positions.length + 1);
    const onSecond = second === undefined ? onFirst : new Float64Array(second.positions.length + 1);
    const others = second?.positions ?? first.positions;
    onFirst[first.positions.length] = addForces(first.positions, others, onFirst, onSecond, this.length);
    this.contribute(onFirst, Reducer.sum, first.sum, { section: first.section });
    if (second !== undefined) this.contribute(onSecond, Reducer.sum, second.sum, { section: second.section });
  }
}

/** The force at distance r over r, and the energy: Lennard-Jones, shifted so that both end at the cut-off without a step. */
function lennardJones(distanceSquared: number): [force: number, energy: number] {
  const inverse6 = distanceSquared ** -3;
  return [(24 * inverse6 * (2 * inverse6 - 1)) / distanceSquared, 4 * inverse6 * (inverse6 - 1)];
}

const [forceAtCutOff, energyAtCutOff] = lennardJones(cutOff ** 2);

/** Forces between two sets of atoms, or within one. Returns their potential energy. */
function addForces(a: Float64Array, b: Float64Array, onA: Float64Array, onB: Float64Array, length: number): number {
  let potential = 0;
  for (let i = 0; i < a.length; i += 3) {
    for (let j = a === b ? i + 3 : 0; j < b.length; j += 3) {
      const dx = nearest(a[i]! - b[j]!, length);
      const dy = nearest(a[i + 1]! - b[j + 1]!, length);
      const dz = nearest(a[i + 2]! - b[j + 2]!, length);
      const squared = dx * dx + dy * dy + dz * dz;
      if (squared >= cutOff ** 2) continue;
      const distance = Math.sqrt(squared);
      const [force, energy] = lennardJones(squared);
      const factor = force - (forceAtCutOff * cutOff) / distance;
      potential += energy - energyAtCutOff + (distance - cutOff) * forceAtCutOff * cutOff;
      onA[i]! += factor * dx;
      onA[i + 1]! += factor * dy;
      onA[i + 2]! += factor * dz;
      onB[j]! -= factor * dx;
      onB[j + 1]! -= factor * dy;
      onB[j + 2]! -= factor * dz;
    }
  }
  return potential;
}

/** The box is periodic: of all copies of an atom the nearest counts. */
function nearest(distance: number, length: number): number {
  return distance - length * Math.round(distance / length);
}

function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}

/** The points of a cube, in order. */
function* box(from: number, to: number): Generator<CellIndex> {
  for (let x = from; x <= to; x++) for (let y = from; y <= to; y++) for (let z = from; z <= to; z++) yield [x, y, z];
}

export default async function main(charm: Charm): Promise<void> {
  const { cells, atoms, steps, rehome } = settingsFrom(charm.args, defaults);
  if (cells < 3) return charm.abort('there must be at least 3 cells along an axis: left and right are different ones');
  charm.set(settings, { cells, atoms, steps, rehome });
  const grid = await charm.array(Cell, { size: [cells, cells, cells] });
  const pairs = await charm.array(Pair, { size: [cells, cells, cells, offsets.length] });
  const [before, after] = [charm.future<Totals>(), charm.future<Totals>()];
  grid.all.start(pairs, before, after);
  const [first, last] = [await before.get(), await after.get()].map(describe);
  console.log(`${last!.atoms} atoms in ${cells ** 3} cells, ${pairs.size} pairs of cells, ${steps} steps`);
  const drift = Math.abs(last!.energy - first!.energy) / first!.kinetic;
  console.log(`energy ${first!.energy.toFixed(4)}, changed by ${drift.toExponential(0)} of the kinetic energy`);
  console.log(`momentum ${last!.momentum.toExponential(0)}; ${last!.moved} times an atom has changed its cell`);
  if (last!.atoms !== (cells * atoms) ** 3) return charm.abort('atoms have been lost');
  if (!(last!.momentum < 1e-9)) return charm.abort('momentum is not conserved');
  if (!(drift < 1e-3)) return charm.abort('energy is not conserved');
  charm.exit();
}

function describe([kinetic, potential, px, py, pz, atoms, moved]: Totals) {
  const momentum = Math.hypot(px!, py!, pz!);
  return { kinetic: kinetic!, energy: kinetic! + potential!, momentum, atoms: atoms!, moved: moved! };
}
