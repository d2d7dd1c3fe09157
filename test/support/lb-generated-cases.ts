/** Balancing steps of many kinds, made from a seed, so that nothing is tuned to the few that Charm++ answered. */
import type { LbStatistics } from '../../core/balance/strategy.ts';
import { offlineContext, statisticsFrom } from '../../lb-strategies/statistics.ts';

export interface GeneratedCase {
  readonly name: string;
  readonly statistics: LbStatistics;
}

interface Edges {
  readonly from: number[];
  readonly to: number[];
  readonly messages: number[];
  readonly bytes: number[];
}

type Uniform = () => number;

function noEdges(): Edges {
  return { from: [], to: [], messages: [], bytes: [] };
}

function connect(edges: Edges, a: number, b: number, messages: number, bytes: number): void {
  edges.from.push(a);
  edges.to.push(b);
  edges.messages.push(messages);
  edges.bytes.push(bytes);
}

/** Each object sends to its neighbours in a grid of up to three dimensions. */
export function grid(extent: readonly [number, number, number], messages: number, bytes: number): Edges {
  const [nx, ny, nz] = extent;
  const edges = noEdges();
  const at = (x: number, y: number, z: number): number => (x * ny + y) * nz + z;
  for (let x = 0; x < nx; x++) {
    for (let y = 0; y < ny; y++) {
      for (let z = 0; z < nz; z++) {
        const around: [number, number, number][] = [
          [x + 1, y, z],
          [x, y + 1, z],
          [x, y, z + 1],
        ];
        for (const [a, b, c] of around) {
          if (a >= nx || b >= ny || c >= nz) continue;
          connect(edges, at(x, y, z), at(a, b, c), messages, bytes);
          connect(edges, at(a, b, c), at(x, y, z), messages, bytes);
        }
      }
    }
  }
  return edges;
}

function gridPositions([nx, ny, nz]: readonly [number, number, number]): number[] {
  const position: number[] = [];
  for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++) position.push(x, y, z);
  return position;
}

function randomGraph(count: number, degree: number, uniform: Uniform): Edges {
  const edges = noEdges();
  for (let a = 0; a < count; a++) {
    for (let k = 0; k < degree; k++) {
      const b = Math.floor(uniform() * count);
      if (b !== a) connect(edges, a, b, 1 + Math.floor(uniform() * 4), 256 * (1 + Math.floor(uniform() * 8)));
    }
  }
  return edges;
}

function ring(count: number, messages: number, bytes: number): Edges {
  const edges = noEdges();
  for (let a = 0; a < count; a++) {
    connect(edges, a, (a + 1) % count, messages, bytes);
    connect(edges, (a + 1) % count, a, messages, bytes);
  }
  return edges;
}

const blocks = (count: number, pes: number): number[] =>
  Array.from({ length: count }, (_, object) => Math.floor((object * pes) / count));

interface Parts {
  readonly pes: number;
  readonly load: number[];
  readonly pe: number[];
  readonly edges: Edges;
  readonly isMigratable?: number[];
  readonly speed?: number[];
  readonly background?: number[];
  readonly isAvailable?: number[];
  readonly position?: number[];
}

type Maker = (uniform: Uniform) => Parts;

const stencil =
  (extent: readonly [number, number, number], pes: number, load: (index: number, uniform: Uniform) => number): Maker =>
  (uniform) => {
    const count = extent[0] * extent[1] * extent[2];
    const loads = Array.from({ length: count }, (_, object) => load(object, uniform));
    const edges = grid(extent, 4, 4096);
    return { pes, load: loads, pe: blocks(count, pes), edges, position: gridPositions(extent) };
  };

/** Cases with uniform PEs and no background: those that the original can be asked about too. */
const plainMakers: Readonly<Record<string, Maker>> = {
  'stencil 2-D, hot square': stencil([24, 24, 1], 8, (object) => {
    const [x, y] = [Math.floor(object / 24), object % 24];
    return x < 9 && y < 9 ? 0.03 : 0.01;
  }),
  'stencil 2-D, noise': stencil([32, 32, 1], 16, (_, uniform) => 0.005 + 0.02 * uniform()),
  'stencil 2-D, gradient with noise': stencil(
    [40, 24, 1],
    20,
    (object, uniform) => 0.001 + object * 1e-5 * (0.5 + uniform()),
  ),
  'stencil 3-D, hot corner': stencil(
    [12, 12, 8],
    16,
    (object, uniform) => (object < 300 ? 0.02 : 0.006) * (0.8 + 0.4 * uniform()),
  ),
  'stencil 3-D, travelling wave': stencil([10, 10, 10], 10, (object) => 0.004 + 0.01 * Math.sin(object / 90) ** 2),
  'ring, exponential loads': (uniform) => {
    const load = Array.from({ length: 640 }, () => -0.005 * Math.log(1 - uniform()));
    return { pes: 10, load, pe: blocks(640, 10), edges: ring(640, 8, 16384) };
  },
  'random graph, bimodal': (uniform) => {
    const load = Array.from({ length: 500 }, () => (uniform() < 0.1 ? 0.02 : 0.001));
    return { pes: 12, load, pe: load.map((_, object) => object % 12), edges: randomGraph(500, 3, uniform) };
  },
  'random graph, uniform loads, scattered': (uniform) => {
    const load = Array.from({ length: 800 }, () => 0.001 + 0.01 * uniform());
    const pe = load.map(() => Math.floor(uniform() * 16));
    return { pes: 16, load, pe, edges: randomGraph(800, 4, uniform) };
  },
  'all on PE 0': (uniform) => {
    const load = Array.from({ length: 300 }, () => 0.002 + 0.008 * uniform());
    return { pes: 6, load, pe: load.map(() => 0), edges: randomGraph(300, 2, uniform) };
  },
  'stencil, all on PE 0': (uniform) => {
    const made = stencil([20, 16, 1], 8, () => 0.002 + 0.008 * uniform())(uniform);
    return { ...made, pe: made.pe.map(() => 0) };
  },
  giants: (uniform) => {
    const load = Array.from({ length: 260 }, (_, object) => (object % 97 === 3 ? 0.08 : 0.001 * (1 + uniform())));
    return { pes: 8, load, pe: blocks(260, 8), edges: ring(260, 2, 512) };
  },
  'new PEs, empty': (uniform) => {
    const made = stencil([20, 20, 1], 10, () => 0.004 + 0.004 * uniform())(uniform);
    return { ...made, pe: blocks(400, 7) };
  },
  'some pinned': (uniform) => {
    const made = stencil([24, 16, 1], 8, (object) => (object < 96 ? 0.02 : 0.008) * (0.9 + 0.2 * uniform()))(uniform);
    return { ...made, isMigratable: made.load.map(() => (uniform() < 0.3 ? 0 : 1)) };
  },
  'clusters with heavy traffic': (uniform) => {
    const count = 480;
    const edges = noEdges();
    for (let a = 0; a < count; a++) {
      for (let k = 0; k < 4; k++) {
        const isNear = uniform() < 0.8;
        const b = isNear ? a - (a % 12) + Math.floor(uniform() * 12) : Math.floor(uniform() * count);
        if (b !== a) connect(edges, a, b, 2, isNear ? 8192 : 512);
      }
    }
    const load = Array.from({ length: count }, (_, a) => (a % 120 < 30 ? 0.012 : 0.005) * (0.7 + 0.6 * uniform()));
    return { pes: 8, load, pe: blocks(count, 8), edges };
  },
};

/** Cases with what the original's refinement does not look at. */
const otherMakers: Readonly<Record<string, Maker>> = {
  'PEs of different speeds': (uniform) => {
    const made = stencil([24, 24, 1], 12, () => 0.005 + 0.005 * uniform())(uniform);
    return { ...made, speed: Array.from({ length: 12 }, (_, pe) => (pe % 3 === 0 ? 2 : 1)) };
  },
  'background load': (uniform) => {
    const made = stencil([24, 24, 1], 12, () => 0.005 + 0.005 * uniform())(uniform);
    return { ...made, background: Array.from({ length: 12 }, (_, pe) => (pe % 4 === 0 ? 0.2 : 0)) };
  },
  'PEs to be left': (uniform) => {
    const made = stencil([24, 24, 1], 12, () => 0.005 + 0.005 * uniform())(uniform);
    return { ...made, isAvailable: Array.from({ length: 12 }, (_, pe) => (pe === 3 || pe === 7 ? 0 : 1)) };
  },
};

export function plainCases(seed: number): GeneratedCase[] {
  return made(plainMakers, seed);
}

export function otherCases(seed: number): GeneratedCase[] {
  return made(otherMakers, seed);
}

function made(makers: Readonly<Record<string, Maker>>, seed: number): GeneratedCase[] {
  return Object.entries(makers).map(([name, make], index) => {
    const { pes, load, pe, edges, ...rest } = make(offlineContext(1000 * seed + index).random.next);
    const { isMigratable, position, ...peColumns } = rest;
    const objects = { load, pe, ...(isMigratable && { isMigratable }), ...(position && { position }) };
    return {
      name: `${name} (seed ${seed})`,
      statistics: statisticsFrom({ objects, pes: { count: pes, ...peColumns }, edges }),
    };
  });
}

/** Many pinned objects that all send to one sink: the original's RefineCommLB does not finish here. */
export function sinkCase(pinned = 1024, pes = 32): GeneratedCase {
  const edges = noEdges();
  const count = pinned + 64;
  for (let object = 1; object < count; object++) connect(edges, object, 0, 100, 100 * 64);
  const load = Array.from({ length: count }, (_, object) => (object <= pinned ? 0.001 : 0.002));
  const pe = load.map((_, object) => (object <= pinned ? object % pes : object % 2));
  const isMigratable = load.map((_, object) => (object > 0 && object <= pinned ? 0 : 1));
  return {
    name: 'pinned objects with one sink',
    statistics: statisticsFrom({ objects: { load, pe, isMigratable }, pes: { count: pes }, edges }),
  };
}
