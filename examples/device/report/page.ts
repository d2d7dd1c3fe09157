/** The report: one HTML file that needs nothing else. */
import { readFileSync } from 'node:fs';
import type { Check } from '../checks.ts';
import { linearIterations, type Run } from '../summary.ts';
import {
  bandFigure,
  carrierFigure,
  chargeFigure,
  continuityFigure,
  convergenceFigure,
  currentFigure,
  fieldFigure,
  forwardFigure,
  idealityFigure,
  iterationFigure,
  mapFigures,
  peFigure,
  reverseFigure,
  shownPoints,
  stripFigure,
  widthFigure,
} from './figures.ts';
import { escapeHtml, formatNumber } from './html.ts';

const style = readFileSync(new URL('./page.css', import.meta.url), 'utf8');
const script = readFileSync(new URL('./page-script.js', import.meta.url), 'utf8');

export function reportPage(run: Run): string {
  const title = escapeHtml(run.sweep.device.title);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${style}</style>
<body>
<h1>${title}</h1>
${introduction(run)}
${theorySection(run)}
${currentSection(run)}
${cutSection(run)}
${mapSection(run)}
${solverSection(run)}
${workSection(run)}
<script type="module">${script}</script>
</body>
</html>
`;
}

function introduction({ sweep, usage, seconds }: Run): string {
  const { device, grid, points } = sweep;
  const { depthUm, widthUm } = device.geometry;
  return `<p class="quiet">Silicon, 300 K, ${depthUm} µm deep and ${widthUm} µm wide.
${grid.depthUm.length} × ${grid.lateralUm.length} nodes in ${device.strips} strips on ${usage[0]!.busySeconds.length} PEs;
${points.length} bias points, ${linearIterations(sweep)} linear iterations, ${seconds.toFixed(1)} s.</p>`;
}

function theorySection({ physics }: Run): string {
  const rows = physics.checks.map(checkRow);
  const note =
    physics.junction === undefined
      ? '<p>The cut is no abrupt junction between uniform layers, so there is no closed theory to compare with.</p>'
      : '';
  return `<h2>Against theory</h2>${note}<table>
<tr><th></th><th class="number">simulated</th><th class="number">theory</th><th class="number">deviation</th><th>allowed</th><th></th></tr>
${rows.join('\n')}</table>`;
}

function checkRow({ name, unit, simulated, expected, low, high, isPassed }: Check): string {
  const unitOnPage = escapeHtml(unit).replace('um', 'µm').replace('cm2', 'cm²');
  const deviation = expected === 0 ? '' : `${(100 * (simulated / expected - 1)).toFixed(2)} %`;
  const allowed = expected === 0 ? `up to ${formatNumber(high)}` : `${formatNumber(low)} to ${formatNumber(high)}`;
  return `<tr><td>${escapeHtml(name)}</td><td class="number">${formatNumber(simulated, 4)} ${unitOnPage}</td>
<td class="number">${formatNumber(expected, 4)} ${unitOnPage}</td><td class="number">${deviation}</td><td>${allowed}</td>
<td class="${isPassed ? 'passed' : 'failed'}">${isPassed ? 'passed' : 'failed'}</td></tr>`;
}

function currentSection(run: Run): string {
  const { sweep, physics } = run;
  const { ideality, junction } = physics;
  const rows = sweep.points.map(
    ({ volts, currentPerCm2, currentSpread }) =>
      `<tr><td class="number">${volts}</td><td class="number">${formatNumber(currentPerCm2, 5)}</td><td class="number">${formatNumber(currentSpread, 2)}</td></tr>`,
  );
  const fitted =
    ideality === undefined
      ? ''
      : `<p>Shaded: the diffusion-limited range, ${ideality.fromVolts} to ${ideality.toVolts} V, where the fitted ideality factor
is ${ideality.factor.toFixed(4)}. Below it recombination in the depletion layer adds to the current; above it the injected
carriers are no longer few, and the neutral layers take part of the voltage.</p>`;
  return `<h2>Current and voltage</h2>${fitted}
<div class="grid2">
${card('Current', currentFigure(run))}
${card('Forward current', forwardFigure(run))}
${card('Ideality factor', idealityFigure(run))}
${card('Reverse current: generation in the growing depletion layer', reverseFigure(run))}
${card('Width of the depletion layer', junction && widthFigure(run, junction))}
${card('Electron and hole current', continuityFigure(sweep, shownPoints(run).at(-1)!))}
</div>
<details><summary>Table (also in iv.csv)</summary><table>
<tr><th class="number">bias, V</th><th class="number">current, A/cm²</th><th class="number">variation with depth</th></tr>
${rows.join('\n')}</table></details>`;
}

function cutSection(run: Run): string {
  const { sweep } = run;
  const { junction } = run.physics;
  const shown = shownPoints(run);
  const lateral = sweep.grid.lateralUm[sweep.grid.cutColumn]!;
  return `<h2>Along the depth</h2>
<p>A cut through the middle of the anode, ${formatNumber(lateral)} µm from the side. Energies count from the cathode's Fermi level;
where the quasi-Fermi levels part, the device is out of equilibrium. (Numbers in bands.csv.)</p>
<div class="grid2">
${shown.map((point) => card(`Bands at ${point.volts} V`, bandFigure(sweep, point)) + card(`Carriers at ${point.volts} V`, carrierFigure(sweep, point))).join('\n')}
${card('Electric field', fieldFigure(sweep, shown))}
${card('Charge density', junction && chargeFigure(sweep, shown, junction))}
</div>`;
}

function mapSection({ sweep }: Run): string {
  return `<h2>Over the cross section</h2>
<p>Contacts in orange, the metallurgical junction dashed. (Numbers in potential.csv, electrons.csv and holes.csv.)</p>
${mapFigures(sweep)}`;
}

function solverSection(run: Run): string {
  return `<h2>Convergence</h2>
<p>Each bias point starts from the one before. Every step solves the potential, the electrons and the holes once, the first
step the potential repeatedly.</p>
<div class="grid2">${card("Gummel's iteration", convergenceFigure(run))}${card('Linear iterations', iterationFigure(run))}</div>`;
}

function workSection(run: Run): string {
  return `<h2>Work</h2>
<p>Strips are equal slices of the depth. Colours are PEs: where a strip was at the end. What a PE lacks to the sweep's time it
spent waiting for rows, on the driver and in the runtime.</p>
<div class="grid2">${card('Time per PE', peFigure(run))}${card('Time per strip', stripFigure(run))}</div>`;
}

/** Nothing if there is no content. */
function card(title: string, content: string | undefined): string {
  return content === undefined ? '' : `<div class="card"><h3>${title}</h3>${content}</div>`;
}
