/**
 * A particle-in-cell program with a moving cluster: the PIC kernel of the Parallel Research Kernels (Georganas et al.,
 * IPDPS 2016), made to try balancers on.
 *
 * Charges sit on the points of a periodic mesh: +1 in even columns, -1 in odd ones. In each step a particle feels the four
 * corners of its mesh cell. Its own charge is such that it moves an odd number of cells to the right in each step: it is
 * pushed, then slowed down by the opposite charges that it has come to, then pushed again. It goes up one cell as
 * well. So the place of each particle is known at any time, while the program computes it from forces.
 *
 * At first nearly all particles are on the left. The cluster goes through the mesh, and the work with it. Tiles
 * of the mesh are chares, and have the particles that are on them.
 *
 *     charm4ts run examples/pic.ts --pes 2 --balancer RefineComm                              AtSync
 *     charm4ts run examples/pic.ts --pes 2 --balancer RefineComm --lb-period 0.1 -- sync=0    whenever time has passed
 *     charm4ts run examples/pic.ts --pes 2                                                    no balancing
 */
import { type Callback, Chare, type Charm, type ElementProxy, type Entries, Reducer, readonly } from 'charm4ts';
import { closePhase, describeSavings, Ledger, noWork } from './support/ledger.ts';
import { randomNumbers } from './support/random-numbers.ts';
import { settingsFrom } from './support/settings.ts';

export { Ledger } from './support/ledger.ts';

const defaults = { tiles: 8, width: 16, particles: 20_000, steps: 96, phase: 6, sync: 1, us: 0 };
/**
 * Tiles along an axis, mesh cells of a tile along an axis, particles, steps, steps of a phase; whether to use AtSync; and
 * microseconds of work that each particle is declared to need in each step, beyond what it computes (for `charm4ts sim`).
 */
export const settings = readonly<typeof defaults>();

/** Particles, one after the other: x, y, velocity, charge, cells per step to the right, and where it began. */
type Particles = number[];
const fields = 8;

export class Tile extends Chare<[row: number, column: number]> {
  static readonly entries: Entries<Tile> = { enter: { when: (self, step) => step === self.step } };

  /** The step that this tile is in; the particles of a neighbour that is quicker wait. */
  step = -1;
  private readonly settings = this.charm.get(settings);
  private readonly work = noWork(this.charm);
  private particles: Particles;
  private entriesMissing = 0;
  private ledger: ElementProxy<Ledger> | undefined = undefined;
  private done: Callback<number[]> | undefined = undefined;

  constructor() {
    super();
    this.particles = scatter(this.settings)
      .filter(([x, y]) => String(this._tileOf(x!, y!)) === String(this.index))
      .flat();
  }

  start(ledger: ElementProxy<Ledger>, done: Callback<number[]>): void {
    this.ledger = ledger;
    this.done = done;
    this._go();
  }

  /** Particles of a neighbour that are on this tile now. */
  enter(_step: number, particles: Particles): void {
    for (const value of particles) this.particles.push(value);
    this.entriesMissing--;
    if (this.entriesMissing > 0) return;
    const { steps, phase, sync } = this.settings;
    const isPhase = (this.step + 1) % phase === 0;
    if (isPhase) this.contribute(closePhase(this.work), Reducer.sum, this.ledger!.callback.phase);
    if (this.step + 1 === steps) this.contribute(checkPlaces(this.particles, this.settings), Reducer.sum, this.done!);
    else if (isPhase && sync !== 0) this.atSync();
    else this._go();
  }

  /** Called after the balancing step, on the PE where the tile then is. */
  resumeFromSync(): void {
    this._go();
  }

  /** Moves all particles by a step, and sends to each of the eight neighbours those that are there now. */
  _go(): void {
    this.step++;
    const start = this.charm.now();
    moveParticles(this.particles, this.settings);
    const leaving = this._sort();
    if (this.settings.us > 0) this.charm.work((this.settings.us * 1e-6 * this.particles.length) / fields);
    this.work.seconds[this.charm.pe]! += this.charm.now() - start;
    const { tiles } = this.settings;
    this.entriesMissing = 8;
    for (let up = -1; up <= 1; up++) {
      for (let right = -1; right <= 1; right++) {
        if (up === 0 && right === 0) continue;
        const to: [number, number] = [modulo(this.index[0] + up, tiles), modulo(this.index[1] + right, tiles)];
        this.array.at(to).enter(this.step, leaving.get(String(to)) ?? []);
        // On a mesh of two tiles two neighbours are the same one.
        leaving.delete(String(to));
      }
    }
    if (leaving.size > 0) this.charm.abort('a particle is not on a neighbour: tiles must be wider than a step');
  }

  /** Keeps what is still on this tile, and gives the others by tile. */
  _sort(): Map<string, Particles> {
    const leaving = new Map<string, Particles>();
    const { particles } = this;
    const staying: Particles = [];
    const own = String(this.index);
    for (let p = 0; p < particles.length; p += fields) {
      const to = String(this._tileOf(particles[p]!, particles[p + 1]!));
      let list = to === own ? staying : leaving.get(to);
      if (list === undefined) {
        list = [];
        leaving.set(to, list);
      }
      for (let i = 0; i < fields; i++) list.push(particles[p + i]!);
    }
    this.particles = staying;
    return leaving;
  }

  _tileOf(x: number, y: number): [number, number] {
    const { width } = this.settings;
    return [Math.floor(y / width), Math.floor(x / width)];
  }
}

function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}

/** Of a mesh point. */
function chargeAt(column: number): number {
  return column % 2 === 0 ? 1 : -1;
}

/** Half a step's push on a charge of 1 in the middle of a mesh cell whose left column has charge 1. */
const push = 2 * Math.SQRT2;

/** All particles, in the middle of their mesh cells, most of them near the lower left corner. */
function scatter({ tiles, width, particles }: typeof defaults): Particles[] {
  const random = randomNumbers(1);
  const mesh = tiles * width;
  return Array.from({ length: particles }, () => {
    const [column, row] = [Math.floor(mesh * random() ** 4), Math.floor(mesh * random() ** 3)];
    const stride = random() < 0.9 ? 1 : 3;
    const [x, y] = [column + 0.5, row + 0.5];
    return [x, y, 0, 1, stride / (push * chargeAt(column)), stride, x, y];
  });
}

/** One step: the force of the four corners of its mesh cell on each particle, with time step, mesh width and mass 1. */
function moveParticles(particles: Particles, { tiles, width }: typeof defaults): void {
  const mesh = tiles * width;
  for (let p = 0; p < particles.length; p += fields) {
    const [x, y, vx, vy, charge] = [
      particles[p]!,
      particles[p + 1]!,
      particles[p + 2]!,
      particles[p + 3]!,
      particles[p + 4]!,
    ];
    const [column, row] = [Math.floor(x), Math.floor(y)];
    let [ax, ay] = [0, 0];
    for (let right = 0; right <= 1; right++) {
      for (let up = 0; up <= 1; up++) {
        const [dx, dy] = [x - column - right, y - row - up];
        const squared = dx * dx + dy * dy;
        const force = (charge * chargeAt(column + right)) / (squared * Math.sqrt(squared));
        ax += force * dx;
        ay += force * dy;
      }
    }
    particles[p] = modulo(x + vx + ax / 2, mesh);
    particles[p + 1] = modulo(y + vy + ay / 2, mesh);
    particles[p + 2] = vx + ax;
    particles[p + 3] = vy + ay;
  }
}

/** Number of particles, and of those that are not where they must be at the end. */
function checkPlaces(particles: Particles, { tiles, width, steps }: typeof defaults): number[] {
  const mesh = tiles * width;
  let wrong = 0;
  for (let p = 0; p < particles.length; p += fields) {
    const [x, y, , , , stride, x0, y0] = particles.slice(p, p + fields) as [number, ...number[]];
    const error = Math.hypot(x - modulo(x0! + steps * stride!, mesh), y! - modulo(y0! + steps, mesh));
    if (!(error < 1e-6)) wrong++;
  }
  return [particles.length / fields, wrong];
}

export default async function main(charm: Charm): Promise<void> {
  const given = settingsFrom(charm.args, defaults);
  if (given.width % 2 !== 0 || given.width < 4)
    return charm.abort('a tile must be an even number of cells wide, 4 or more');
  charm.set(settings, given);
  const { tiles, particles, steps } = given;
  const ledger = await charm.chare(Ledger);
  const mesh = await charm.array(Tile, { size: [tiles, tiles], usesAtSync: given.sync !== 0 });
  const done = charm.future<number[]>();
  const start = charm.now();
  mesh.all.start(ledger, done);
  const [count, wrong] = await done.get();
  const seconds = charm.now() - start;
  console.log(`${count} particles after ${steps} steps in ${seconds.toFixed(2)} s, ${wrong} not where they must be`);
  console.log(describeSavings(await ledger.ask.savings()));
  if (count !== particles || wrong !== 0) return charm.abort('particles are lost or in a wrong place');
  charm.exit();
}
