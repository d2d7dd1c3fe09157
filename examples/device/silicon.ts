/**
 * Silicon at 300 K, and the units of this program.
 *
 * Inside the solver potentials are in units of the thermal voltage kT/q, densities in units of the intrinsic density,
 * lengths in centimetres, times in seconds. Files and reports use volts, cm^-3, micrometres, A/cm^2.
 */

/** Elementary charge, C (exact, SI 2019). */
export const elementaryChargeC = 1.602176634e-19;

/** Temperature of every device of this program, K. */
export const temperatureK = 300;

/** kT/q at 300 K, V (Boltzmann constant 1.380649e-23 J/K, exact). */
export const thermalVoltageV = (1.380649e-23 * temperatureK) / elementaryChargeC;

/** Permittivity of silicon, F/cm: 11.7 times that of vacuum. */
export const permittivityFPerCm = 11.7 * 8.8541878128e-14;

/** Intrinsic carrier density at 300 K, cm^-3 (Sproul and Green, J. Appl. Phys. 70, 846, 1991, rounded). */
export const intrinsicDensityPerCm3 = 1.0e10;

/** Band gap at 300 K, eV. */
export const bandGapEv = 1.12;

/** ln(Nc/Nv) / 2 in units of kT, by which the intrinsic level lies off midgap (Nc 2.86e19, Nv 3.10e19 cm^-3). */
export const intrinsicLevelOffsetKt = 0.5 * Math.log(2.86e19 / 3.1e19);

/**
 * Factor of the scaled Poisson equation, cm^2: the square of the intrinsic Debye length,
 * lambda^2 laplace(psi) = n - p - N with psi in kT/q and n, p, N in units of the intrinsic density.
 */
export const debyeLengthSquaredCm2 =
  (permittivityFPerCm * thermalVoltageV) / (elementaryChargeC * intrinsicDensityPerCm3);

export type Carrier = 'electron' | 'hole';

/** Caughey-Thomas fit of the low-field mobility, cm^2/Vs (Jacoboni et al., Solid-State Electron. 20, 77, 1977). */
const mobilityFit = {
  electron: { lattice: 1430, impurity: 80, referencePerCm3: 1.12e17, exponent: 0.72 },
  hole: { lattice: 460, impurity: 45, referencePerCm3: 2.23e17, exponent: 0.72 },
} as const;

/** Diffusivity, cm^2/s, at a total doping in cm^-3: Caughey-Thomas mobility and the Einstein relation. */
export function diffusivity(carrier: Carrier, totalDopingPerCm3: number): number {
  const { lattice, impurity, referencePerCm3, exponent } = mobilityFit[carrier];
  const mobility = impurity + (lattice - impurity) / (1 + (totalDopingPerCm3 / referencePerCm3) ** exponent);
  return mobility * thermalVoltageV;
}
