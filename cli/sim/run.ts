/** What `charm4ts sim` does: runs, and prints what came of it. */
import { formatReport } from '../../launch/report.ts';
import {
  type DiskCounts,
  describeFaults,
  type FaultReport,
  runSimulated,
  type SimulationOptions,
  type SimulationResult,
  shippedNetworks,
} from '../../launch/sim/index.ts';

/** Prints a network that ships. */
export function showNetwork(name: string, fail: (message: string) => void): void {
  const network = shippedNetworks.find((shipped) => shipped.name === name);
  const names = shippedNetworks.map((shipped) => shipped.name).join(', ');
  if (network === undefined) fail(`error: there is no network ${name}; there are ${names}`);
  else console.log(JSON.stringify(network, undefined, 2));
}

/** Runs a program and prints its report. Returns the exit code. */
export async function simulateProgram(options: SimulationOptions, isJson: boolean): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const started = performance.now();
    const result = await runSimulated({ ...options, signal: interrupt.signal });
    const realSeconds = (performance.now() - started) / 1000;
    if (result.error !== undefined) process.stderr.write(`${formatReport(result.error)}\n`);
    if (isJson) console.log(JSON.stringify(toJson(options, result)));
    else console.log(describe(options, result, realSeconds));
    if (result.exitCode !== 0 && !interrupt.signal.aborted)
      process.stderr.write(`repeat it with:  ${commandOf(options)}\n`);
    return result.exitCode;
  } catch (error) {
    process.stderr.write(`${formatReport(error)}\n`);
    return 1;
  }
}

/** The command that does the same again: what was typed, and the seed. */
function commandOf({ seed = 1 }: SimulationOptions): string {
  const words = process.argv.slice(2);
  const hasSeed = words.some((word) => word === '--seed' || word.startsWith('--seed='));
  const all = hasSeed ? words : [words[0]!, '--seed', String(seed), ...words.slice(1)];
  const quoted = all.map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return `charm4ts ${quoted.join(' ')}`;
}

/** Nothing in it depends on this machine. */
function toJson({ pes, seed = 1 }: SimulationOptions, result: SimulationResult): object {
  const { error, busySeconds, files, ...rest } = result;
  const sizes = files && Object.fromEntries([...files].map(([path, { length }]) => [path, length]));
  const failure = error === undefined ? {} : { error: formatReport(error) };
  return { pes, seed, ...rest, ...(sizes && { files: sizes }), ...failure, busySeconds: [...busySeconds] };
}

function describe({ pes, seed = 1, cost }: SimulationOptions, result: SimulationResult, realSeconds: number): string {
  const { seconds, messages, frames, bytes, nodes, hosts, declaredSeconds, hash } = result;
  const machine = `${count(pes, 'PE')}, ${count(nodes, 'node')}${hosts < nodes ? ` that share ${count(hosts, 'host')}` : ''}`;
  const lines = [
    `simulated  ${machine}, seed ${seed}`,
    `time       ${duration(seconds)} (simulated in ${duration(realSeconds)})`,
    `messages   ${messages}; ${frames} frames between PEs, ${size(bytes)}`,
    `busy       ${describeBusy(result)}`,
    `hash       ${hash}${cost === 'measured' ? ' (measured costs: another run will differ)' : ''}`,
  ];
  if (result.faults !== undefined) lines.push(...describeFaultReport(result.faults));
  if (declaredSeconds === 0 && cost !== 'measured')
    lines.push(
      'The program declares no work with charm.work, so computing was free; --cost measured counts what it takes here.',
    );
  return lines.join('\n');
}

const logLinesMax = 20;

function describeFaultReport({ options, packets, protocol, disk, log }: FaultReport): string[] {
  const { packets: sent, lost, cut, doubled, damaged, delayed, clogged } = packets;
  return [
    `faults     ${describeFaults(options)}`,
    `packets    ${sent}: ${lost} lost, ${cut} cut off, ${doubled} doubled, ${damaged} damaged, ${delayed} delayed, ${clogged} clogged`,
    `protocol   ${protocol.repeats} sent again, ${protocol.doubles} doubles and ${protocol.damaged} damaged ones dropped, ${protocol.strange} refused`,
    ...(disk === undefined || disk.operations === 0 ? [] : [describeDisk(disk)]),
    ...log.slice(0, logLinesMax).map((line) => `           ${line}`),
    ...(log.length > logLinesMax ? [`           and ${log.length - logLinesMax} lines more (--json has them)`] : []),
  ];
}

function describeDisk({ operations, errors, full, short, torn, rotten }: DiskCounts): string {
  return `disk       ${operations} operations: ${errors} failed, ${full} found it full, ${short} short, ${torn} torn, ${rotten} damaged`;
}

function describeBusy({ busySeconds, seconds }: SimulationResult): string {
  if (seconds === 0) return 'no time has passed';
  const shares = [...busySeconds].map((busy) => busy / seconds).sort((a, b) => a - b);
  const at = (part: number): string => percent(shares[Math.round(part * (shares.length - 1))]!);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  if (shares.length === 1) return percent(mean);
  return `${percent(mean)} of the time on the average; least ${at(0)}, median ${at(0.5)}, most ${at(1)} (PE ${busiest(busySeconds)})`;
}

function busiest(busySeconds: Float64Array): number {
  return busySeconds.indexOf(busySeconds.reduce((most, busy) => Math.max(most, busy), 0));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(4)} us`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(4)} ms` : `${seconds.toPrecision(4)} s`;
}

function size(bytes: number): string {
  if (bytes < 1e4) return `${bytes} B`;
  return bytes < 1e7 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
