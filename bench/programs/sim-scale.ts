/**
 * Bench `sim-scale`, a process of its own, so that its memory can be measured: simulated messages a second of processor
 * time, and a large job: 10,000 PEs with 10^6 chares.
 *
 * Prints one line of JSON a case. `hash` is that of the large job, equal on every machine.
 */
import { Chare, type Charm } from '../../core/index.ts';
import { runSimulated } from '../../launch/sim/simulate.ts';
import { denqueLoop, tokenCount } from '../calibration/denque-loop.ts';
import { type Plan, report } from '../sampling.ts';

interface Walk {
  readonly pes: number;
  readonly chares: number;
  readonly tokens: number;
  readonly hops: number;
  /** Chares that a hop goes over. */
  readonly stride: number;
}

class Stop extends Chare<number> {
  pass(left: number, stride: number): void {
    this.charm.work(1e-6);
    if (left > 0) this.array.at((this.index + stride) % this.array.size).pass(left - 1, stride);
  }
}

/** Milliseconds of processor time: the machine may be busy with other things. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What tokens that walk over an array take: milliseconds for the array, and for each message. */
async function walk({ pes, chares, tokens, hops, stride }: Walk): Promise<{ createMs: number; messageMs: number }> {
  let [createMs, messageMs] = [0, 0];
  const main = async (charm: Charm): Promise<void> => {
    const start = cpuMs();
    const stops = await charm.array(Stop, { size: chares });
    createMs = cpuMs() - start;
    for (let token = 0; token < tokens; token++) stops.at(Math.floor((token * chares) / tokens)).pass(hops - 1, stride);
    await charm.quiescence();
    messageMs = (cpuMs() - start - createMs) / (tokens * hops);
    charm.exit();
  };
  const { error } = await runSimulated({ program: { main, Stop }, pes, pesPerNode: Math.min(pes, 64) });
  if (error !== undefined) throw error;
  return { createMs, messageMs };
}

const plan = JSON.parse(process.argv[2] ?? '{"runs":3,"runMs":250}') as Plan;
/** A message takes about 2 us. */
const messages = 1000 * plan.runMs;

const cases = [
  { case: '16-PEs', pes: 16, chares: 160, tokens: 64, stride: 10 },
  { case: '1024-PEs', pes: 1024, chares: 10_240, tokens: 4096, stride: 10 },
  { case: '1024-PEs-blocks', pes: 1024, chares: 10_240, tokens: 4096, stride: 1 },
];
const samples = cases.map((each) => ({ ...each, figure: [] as number[], calibration: [] as number[] }));
// Run -1 warms up.
for (let run = -1; run < plan.runs; run++) {
  for (const { figure, calibration, ...each } of samples) {
    const count = tokenCount * 4000;
    const calibrationMs = (denqueLoop.run(count) as number) / count;
    const { messageMs } = await walk({ ...each, hops: Math.max(2, Math.round(messages / each.tokens)) });
    if (run < 0) continue;
    figure.push(messageMs);
    calibration.push(calibrationMs);
  }
}
for (const { case: name, figure, calibration } of samples)
  report({ case: name, figure, calibration: { name: denqueLoop.name, values: calibration } });

const { createMs } = await walk({ pes: 10_000, chares: 1_000_000, tokens: 10_000, hops: 10, stride: 100 });
report({ case: 'large-create', figure: [createMs], calibration: null });
report({ case: 'large-memory', figure: [process.resourceUsage().maxRSS * 1024], calibration: null });
