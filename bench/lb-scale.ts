/**
 * How a strategy grows: a 3-D stencil with a hot corner, a hundred objects to a PE. Prints one JSON object a size.
 *
 *   node --import tsx bench/lb-scale.ts [strategy] [objects ...]
 *
 * For a distributed strategy (Gossip, ...) all agents run in this thread, and `messages` and `rounds` (how often all were
 * quiet) say what they told each other. Its sizes go to 1 024 PEs unless others are given: 1638400 is 16 384 PEs.
 *
 * `seconds` is the strategy alone, the statistics being there, `cpuSeconds` what it took of the cores (on a busy machine
 * the better figure, though it has the garbage collector's threads in it); `peakMiB` is the resident set of the whole process, so
 * the statistics and the runtime are in it. Sizes run in ascending order, since a process's peak never falls.
 */
import type { LbStatistics } from '../core/balance/strategy.ts';
import { type DriveReport, drive } from '../lb-strategies/distributed/drive.ts';
import { distributedStrategyNamed, type Migration, strategyNamed } from '../lb-strategies/index.ts';
import { qualityOf } from '../lb-strategies/quality.ts';
import { offlineContext } from '../lb-strategies/statistics.ts';
import { hotCorner } from './curves/hot-corner.ts';

const objectsPerPe = 100;
const [name = 'RefineComm', ...sizes] = process.argv.slice(2);
const agents = distributedStrategyNamed(name);
const usual = agents === undefined ? [1_000, 10_000, 100_000, 1_000_000] : [6_400, 25_600, 102_400];

for (const size of sizes.length > 0 ? sizes.map(Number) : usual) {
  const side = Math.round(Math.cbrt(size));
  const statistics = hotCorner(side, Math.max(2, Math.round(side ** 3 / objectsPerPe)));
  const before = qualityOf(statistics, statistics.objects.pe);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { migrations, ...told } = answer(statistics);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  const at = statistics.objects.pe.slice();
  for (const { object, to } of migrations) at[object] = to;
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const { objects, pes, edges } = statistics;
  const shape = { objects: objects.count, pes: pes.count, edges: edges.count };
  console.log(
    JSON.stringify({
      strategy: name,
      ...shape,
      ...told,
      seconds,
      cpuSeconds,
      peakMiB,
      before,
      after: qualityOf(statistics, at),
    }),
  );
}

function answer(statistics: LbStatistics): { readonly migrations: Migration[] } & Partial<DriveReport> {
  if (agents !== undefined) return drive(agents, statistics, offlineContext());
  return { migrations: [...strategyNamed(name)(statistics, offlineContext())] };
}
