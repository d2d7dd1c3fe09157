/** The band diagram: energies of electrons along the cut, in eV, zero at the cathode's Fermi level. */
import { bandGapEv, intrinsicLevelOffsetKt, thermalVoltageV } from './silicon.ts';
import type { Cut } from './sweep.ts';

export interface Bands {
  readonly conductionEv: Float64Array;
  readonly valenceEv: Float64Array;
  /** Quasi-Fermi levels. */
  readonly electronLevelEv: Float64Array;
  readonly holeLevelEv: Float64Array;
}

export function bandEdges({ potentialVolts, electronLevelVolts, holeLevelVolts }: Cut): Bands {
  // The potential is that of the intrinsic level, Ei = -q psi, which lies a little below the middle of the gap.
  const offset = intrinsicLevelOffsetKt * thermalVoltageV;
  return {
    conductionEv: potentialVolts.map((psi) => -psi + bandGapEv / 2 - offset),
    valenceEv: potentialVolts.map((psi) => -psi - bandGapEv / 2 - offset),
    electronLevelEv: electronLevelVolts.map((phi) => -phi),
    holeLevelEv: holeLevelVolts.map((phi) => -phi),
  };
}
