/**
 * K-means clustering (Lloyd's algorithm): points in the plane are put into k clusters, each point to the nearest centre.
 *
 *   1. `main` broadcasts the centres to the parts of the points;
 *   2. each part finds the nearest centre of each of its points, and adds up points and coordinates per cluster;
 *   3. one reduction adds the sums of all parts; the new centres are the means;
 *   4. again, until no centre moves.
 *
 * Coordinates are integers, so sums are exact in any order, and the result must be that of a sequential run bit by bit.
 * The points are thrown around k known places, and the centres found must lie near those.
 */
import { type Callback, Chare, type Charm, Reducer, readonly } from 'charm4ts';
import { randomNumbers } from './support/random-numbers.ts';
import { settingsFrom } from './support/settings.ts';

const defaults = { clusters: 5, points: 20_000, parts: 8 };
export const settings = readonly<typeof defaults>();

/** Places are on a circle of this radius, and points at most this far from their place along either axis. */
const radius = 10_000;
const scatter = 7_000;
const iterationsMax = 100;

/** Of each cluster: x, y. */
type Centres = Float64Array;

/** Of each cluster: points, sum of x, sum of y. */
type Sums = Float64Array;

export class Part extends Chare<number> {
  private readonly points: Int32Array;

  constructor() {
    super();
    const { clusters, points, parts } = this.charm.get(settings);
    const [from, to] = [this.index, this.index + 1].map((i) => Math.floor((i * points) / parts));
    this.points = throwPoints(clusters, from!, to!);
  }

  /** Steps 2 and 3. */
  assign(centres: Centres, sums: Callback<Sums>): void {
    this.contribute(sumClusters(this.points, centres), Reducer.sum, sums);
  }
}

/** Points `from` to `to` of all; x and y of each, one after the other. */
function throwPoints(clusters: number, from: number, to: number): Int32Array {
  const points = new Int32Array(2 * (to - from));
  for (let i = from; i < to; i++) {
    const random = randomNumbers(i);
    const [x, y] = placeOf(i % clusters, clusters);
    points[2 * (i - from)] = x! + (2 * random() - 1) * scatter;
    points[2 * (i - from) + 1] = y! + (2 * random() - 1) * scatter;
  }
  return points;
}

/** Where the points of a cluster are thrown. */
function placeOf(cluster: number, clusters: number): [number, number] {
  const angle = (2 * Math.PI * cluster) / clusters;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function sumClusters(points: Int32Array, centres: Centres): Sums {
  const clusters = centres.length / 2;
  const sums = new Float64Array(3 * clusters);
  for (let p = 0; p < points.length; p += 2) {
    const [x, y] = [points[p]!, points[p + 1]!];
    let nearest = 0;
    let distanceMin = Number.POSITIVE_INFINITY;
    for (let c = 0; c < clusters; c++) {
      const distance = (x - centres[2 * c]!) ** 2 + (y - centres[2 * c + 1]!) ** 2;
      if (distance >= distanceMin) continue;
      distanceMin = distance;
      nearest = c;
    }
    sums[3 * nearest]! += 1;
    sums[3 * nearest + 1]! += x;
    sums[3 * nearest + 2]! += y;
  }
  return sums;
}

/** Lloyd's iteration, whoever adds up. Returns the centres and the number of iterations. */
async function cluster(
  first: Centres,
  sumAll: (centres: Centres) => Sums | Promise<Sums>,
): Promise<{ readonly centres: Centres; readonly iterations: number }> {
  let centres = first;
  for (let iterations = 1; iterations <= iterationsMax; iterations++) {
    const sums = await sumAll(centres);
    const next = centres.map((old, i) => {
      const inCluster = sums[3 * (i >> 1)]!;
      return inCluster === 0 ? old : sums[3 * (i >> 1) + 1 + (i & 1)]! / inCluster;
    });
    if (next.every((value, i) => value === centres[i])) return { centres, iterations };
    centres = next;
  }
  throw new Error(`the centres still move after ${iterationsMax} iterations`);
}

export default async function main(charm: Charm): Promise<void> {
  const { clusters, points, parts } = settingsFrom(charm.args, defaults);
  charm.set(settings, { clusters, points, parts });
  const array = await charm.array(Part, { size: parts });
  // The first centres are the first points: one of each place.
  const first = Float64Array.from(throwPoints(clusters, 0, clusters));
  const found = await cluster(first, (centres) => {
    const sums = charm.future<Sums>();
    array.all.assign(centres, sums);
    return sums.get();
  });
  console.log(`${points} points, ${clusters} clusters: the centres stand after ${found.iterations} iterations`);

  const everything = throwPoints(clusters, 0, points);
  const expected = await cluster(first, (centres) => sumClusters(everything, centres));
  if (found.centres.some((value, i) => value !== expected.centres[i]))
    return charm.abort(`the centres are ${found.centres}, but sequentially ${expected.centres}`);
  const distances = Array.from({ length: clusters }, (_, c) => {
    const [x, y] = placeOf(c, clusters);
    return Math.hypot(found.centres[2 * c]! - x, found.centres[2 * c + 1]! - y);
  });
  const distance = Math.max(...distances);
  console.log(`farthest centre from its place: ${distance.toFixed(0)}, where points scatter by ${scatter}`);
  if (!(distance < scatter / 4)) return charm.abort('a cluster has not been found');
  charm.exit();
}
