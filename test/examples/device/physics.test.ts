/**
 * The simulation against physics. The theory is written down here once more, from the textbook, and not taken from the
 * program.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { checkPhysics } from '../../../examples/device/checks.ts';
import type { Device } from '../../../examples/device/device-file.ts';
import { findJunction, simulatedStepVolts, simulatedWidthUm } from '../../../examples/device/junction.ts';
import type { BiasPoint, Sweep } from '../../../examples/device/sweep.ts';
import { reduced, type ShippedName, solveSequentially } from './devices.ts';

const kTOverQ = 0.025852; // V at 300 K
const q = 1.602177e-19; // C
const permittivity = 11.7 * 8.854188e-14; // F/cm
const ni = 1e10; // cm^-3

interface Expected {
  readonly name: ShippedName;
  readonly acceptors: number;
  readonly donors: number;
  /** Forward voltages in the diffusion-limited range. */
  readonly diffusion: readonly [number, number];
}

const devices: readonly Expected[] = [
  { name: 'abrupt', acceptors: 1e16, donors: 1e16, diffusion: [0.35, 0.55] },
  { name: 'one-sided', acceptors: 9.9e17, donors: 1e16, diffusion: [0.4, 0.6] },
  { name: 'fine-mesh', acceptors: 9.97e17, donors: 3e15, diffusion: [0.35, 0.55] },
];

const sweep: Device['sweep'] = {
  reverse: { toVolts: -2, stepVolts: 1 },
  forward: { toVolts: 0.65, stepVolts: 0.05 },
};

for (const { name, acceptors, donors, diffusion } of devices) {
  describe(`the device ${name}`, () => {
    const device = reduced(name, { coarser: 2.5, strips: 16, sweep });
    let solved: Sweep;
    before(async () => {
      solved = await solveSequentially(device);
    });
    const pointAt = (volts: number): BiasPoint => solved.points.find((point) => point.volts === volts)!;
    const builtIn = kTOverQ * Math.log((acceptors * donors) / ni ** 2);
    const width = (volts: number, correction: number): number =>
      Math.sqrt(((2 * permittivity * (builtIn - volts - correction)) / q) * (1 / acceptors + 1 / donors)) * 1e4;

    it('has the built-in potential kT/q ln(NaNd/ni^2) between its neutral layers, within 1 %', () => {
      const junction = findJunction(device, solved.grid)!;
      assertWithin(simulatedStepVolts(junction, device, solved.grid, pointAt(0)), builtIn, 0.01);
    });

    it('has a depletion layer as wide as the depletion approximation says, within 5 %', () => {
      const junction = findJunction(device, solved.grid)!;
      for (const volts of [0, -1, -2])
        assertWithin(simulatedWidthUm(junction, device, solved.grid, pointAt(volts)), width(volts, 0), 0.05);
    });

    it('and as it says with the 2kT/q of the majority tails, within 2 %', () => {
      const junction = findJunction(device, solved.grid)!;
      for (const volts of [0, -1, -2]) {
        const simulated = simulatedWidthUm(junction, device, solved.grid, pointAt(volts));
        assertWithin(simulated, width(volts, 2 * kTOverQ), 0.02);
      }
    });

    it('has an ideality factor of 1.0 to 1.1 where diffusion limits the current', () => {
      const [from, to] = diffusion;
      const points = solved.points.filter(({ volts }) => volts >= from && volts <= to);
      assert.ok(points.length >= 4);
      for (let i = 1; i < points.length; i++) {
        const logs = Math.log(points[i]!.currentPerCm2 / points[i - 1]!.currentPerCm2);
        const factor = (points[i]!.volts - points[i - 1]!.volts) / (kTOverQ * logs);
        assert.ok(factor >= 1 && factor <= 1.1, `${factor} at ${points[i]!.volts} V`);
      }
    });

    it('carries the same current through every row, within 1 %', () => {
      for (const { volts, electronCurrentPerCm2, holeCurrentPerCm2 } of solved.points) {
        if (volts === 0) continue;
        const total = electronCurrentPerCm2.map((current, row) => current + holeCurrentPerCm2[row]!);
        const least = Math.min(...total);
        const most = Math.max(...total);
        assert.ok((most - least) / Math.abs(most + least) < 0.005, `${least} to ${most} A/cm^2 at ${volts} V`);
      }
    });

    it('carries no current without bias, and has n p = ni^2 everywhere', () => {
      assert.equal(pointAt(0).currentPerCm2, 0);
      const map = solved.maps.find(({ volts }) => volts === 0)!;
      for (const [node, n] of map.electronsPerCm3.entries()) assertWithin(n * map.holesPerCm3[node]!, ni ** 2, 1e-9);
    });

    it('blocks: the reverse current is that of generation, and grows with the depletion layer', () => {
      const [at1, at2] = [-1, -2].map((volts) => -pointAt(volts).currentPerCm2) as [number, number];
      assert.ok(at1 > 0 && at1 < 1e-7, `${at1} A/cm^2`);
      assert.ok(at2 > at1);
    });

    it('passes the checks that the program itself makes', () => {
      for (const check of checkPhysics(solved).checks) assert.ok(check.isPassed, JSON.stringify(check));
    });
  });
}

describe('the abrupt diode', () => {
  const forward: Device['sweep'] = {
    reverse: { toVolts: 0, stepVolts: 1 },
    forward: { toVolts: 0.5, stepVolts: 0.1 },
  };
  const small = reduced('abrupt', { coarser: 3, strips: 12, sweep: forward });
  const at = (sweepOf: Sweep, volts: number): BiasPoint => sweepOf.points.find((point) => point.volts === volts)!;

  it("has Shockley's saturation current q ni^2 (Dn / Na Wp + Dp / Nd Wn), within 2 %", async () => {
    const point = at(await solveSequentially(small), 0.5);
    const doping = 1e16;
    const diffusivity = (lattice: number, impurity: number, reference: number): number =>
      kTOverQ * (impurity + (lattice - impurity) / (1 + (doping / reference) ** 0.72));
    const depleted = Math.sqrt(
      ((2 * permittivity * (2 * kTOverQ * Math.log(doping / ni) - 0.5 - 2 * kTOverQ)) / q) * (2 / doping),
    );
    const neutral = 2e-4 - depleted / 2;
    const sum = diffusivity(1430, 80, 1.12e17) + diffusivity(460, 45, 2.23e17);
    const theory = ((q * ni ** 2 * sum) / (doping * neutral)) * Math.expm1(0.5 / kTOverQ);
    assertWithin(point.currentPerCm2, theory, 0.02);
  });

  it('is the same at all lateral positions', async () => {
    const { maps, grid } = await solveSequentially(small);
    const columns = grid.lateralUm.length;
    for (const { potentialVolts } of maps) {
      potentialVolts.forEach((psi, node) => {
        const first = potentialVolts[node - (node % columns)]!;
        assert.ok(Math.abs(psi - first) < 1e-7, `${psi} and ${first} V in one row`);
      });
    }
  });

  it('does not change with the number of strips but for rounding', async () => {
    const expected = at(await solveSequentially(small), 0.5).currentPerCm2;
    for (const strips of [1, 2, 5, 24, 43]) {
      const { currentPerCm2 } = at(await solveSequentially({ ...small, strips }), 0.5);
      assertWithin(currentPerCm2, expected, 1e-4);
    }
  });

  it('does not change when it is turned upside down', async () => {
    const { contacts, doping, geometry } = small;
    const turned: Device = {
      ...small,
      contacts: {
        anode: { ...contacts.anode, side: 'bottom' },
        cathode: { ...contacts.cathode, side: 'top' },
      },
      doping: doping.map((region) => {
        const [from, to] = region.depthUm;
        return { ...region, depthUm: [geometry.depthUm - to, geometry.depthUm - from] as const };
      }),
    };
    const upright = await solveSequentially(small);
    const upsideDown = await solveSequentially(turned);
    for (const { volts, currentPerCm2 } of upright.points) {
      if (volts !== 0) assertWithin(at(upsideDown, volts).currentPerCm2, currentPerCm2, 1e-4);
    }
    for (const check of checkPhysics(upsideDown).checks) assert.ok(check.isPassed, JSON.stringify(check));
  });
});

function assertWithin(actual: number, expected: number, tolerance: number): void {
  const deviation = Math.abs(actual / expected - 1);
  assert.ok(deviation <= tolerance, `${actual} is ${(100 * deviation).toFixed(2)} % off ${expected}`);
}
