/** Boundary values at the contacts, and first guesses inside. */
import { electronDensity, holeDensity } from './assembly.ts';
import { type Strip, Touch } from './strip.ts';

/** A neutral device without bias: exact in the bulk, a first guess at the junction. */
export function setNeutral(strip: Strip): void {
  strip.bias = 0;
  strip.electrons.fill(0);
  strip.holes.fill(0);
  for (let node = 0; node < strip.potential.length; node++) strip.potential[node] = neutralPotential(strip, node);
}

/** Applies a new anode voltage and shifts the potential inside to where it will roughly be. */
export function setBias(strip: Strip, bias: number): void {
  const { rows, columns, contact, potential, electrons, holes } = strip;
  const shift = bias - strip.bias;
  for (let node = columns; node < (rows + 1) * columns; node++) {
    if (contact[node] !== Touch.nothing) continue;
    // The potential follows the quasi-Fermi level of the majority carriers; that of the holes moves with the anode.
    const p = holeDensity(strip, node);
    potential[node]! += (shift * p) / (p + electronDensity(strip, node));
  }
  // The minority carriers' deviation is, but for recombination, proportional to its value at the far contact.
  const scale = strip.bias === 0 ? 0 : Math.expm1(-bias) / Math.expm1(-strip.bias);
  for (let node = 0; node < electrons.length; node++) {
    electrons[node]! *= scale;
    holes[node]! *= scale;
  }
  strip.bias = bias;
  for (let node = columns; node < (rows + 1) * columns; node++) {
    if (contact[node] === Touch.nothing) continue;
    // Ohmic: neutral and in equilibrium with the metal, both carriers at its Fermi level.
    const isAnode = contact[node] === Touch.anode;
    potential[node] = neutralPotential(strip, node) + (isAnode ? bias : 0);
    electrons[node] = isAnode ? Math.expm1(-bias) : 0;
    holes[node] = isAnode ? 0 : Math.expm1(-bias);
  }
}

/** Where n - p equals the doping, in equilibrium. */
function neutralPotential({ doping }: Strip, node: number): number {
  return Math.asinh(doping[node]! / 2);
}
