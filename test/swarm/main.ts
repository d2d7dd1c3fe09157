/**
 * `npm run swarm`: seeds without end, or as many as wanted. Progress on a terminal; a line for each bad seed with the command that
 * repeats it; a summary. Exit code 1 if there was a bad one.
 *
 *     npm run swarm -- --minutes 20            from a seed of the clock on
 *     npm run swarm -- --first 1 --seeds 2000  what the tests run
 *     npm run swarm -- --seed 17               one of them, with its report
 *     npm run swarm -- --kind files             programs of one kind only
 */
import { parseArgs } from 'node:util';
import { replayOf, runSeed, type SeedResult } from './seed.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    first: { type: 'string' },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    kind: { type: 'string' },
  },
});

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  console.error(`${text} is not a number, 0 or more`);
  process.exit(2);
}

/** One in so many is run twice: it must be the same run. */
const twiceOneIn = 100;

async function one(seed: number): Promise<void> {
  const result = await runSeed(seed, values.kind);
  console.log(`seed ${seed}: ${result.kind}, ${result.machine}`);
  console.log(`${result.messages} messages, ${result.events} events, hash ${result.hash}`);
  if (result.isLoss) console.log('a PE or node was lost, and reported');
  if (result.error === undefined) return console.log('good');
  console.error(result.error);
  process.exitCode = 1;
}

async function many(): Promise<void> {
  const seconds = (number(values.minutes) ?? (values.seeds === undefined ? 1 : Infinity)) * 60;
  const first = number(values.first) ?? Math.floor(Date.now() / 1000) * 1000;
  const last = first + (number(values.seeds) ?? Infinity);
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const sums = { runs: 0, bad: 0, losses: 0, messages: 0, events: 0, twice: 0 };
  let shown = 0;
  for (let seed = first; seed < last && elapsed() < seconds; seed++) {
    const result = await runSeed(seed, values.kind);
    const again = seed % twiceOneIn === 0 ? await runSeed(seed, values.kind) : undefined;
    sums.runs++;
    sums.messages += result.messages;
    sums.events += result.events;
    if (result.isLoss) sums.losses++;
    if (again !== undefined) sums.twice++;
    const isOther = again !== undefined && again.hash !== result.hash;
    if (result.error !== undefined || isOther) {
      sums.bad++;
      show('');
      console.error(describe(result, isOther));
    }
    if (elapsed() - shown > 0.5) {
      shown = elapsed();
      show(`seed ${seed}: ${sums.runs} runs, ${sums.bad} bad, ${(sums.runs / shown).toFixed(0)} a second`);
    }
  }
  show('');
  const { runs, bad, losses, messages, events, twice } = sums;
  console.log(
    `${runs} seeds from ${first} on in ${elapsed().toFixed(0)} s: ${bad} bad; ${losses} with a loss, which was reported; ` +
      `${twice} run twice; ${messages} messages, ${events} events`,
  );
  if (bad > 0) process.exitCode = 1;
}

function describe({ seed, kind, machine, error }: SeedResult, isOther: boolean): string {
  const what = error instanceof Error ? error.message : String(error);
  const why = isOther ? 'the second run of the seed was another one' : what;
  return `seed ${seed} (${kind}; ${machine}): ${why}\n  repeat it with:  ${replayOf(seed, values.kind)}`;
}

function show(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

const single = number(values.seed);
await (single === undefined ? many() : one(single));
