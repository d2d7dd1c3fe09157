/**
 * Host files: which machines a job runs on. A line for each:
 *
 *     # name, as ssh knows it      options
 *     alpha
 *     beta        nodes=2  cpus=0-7
 *     root@gamma  pes=4
 *
 * `nodes` node runtimes are started there (one), bound to `cpus` if given. `pes` must be the same on all hosts, as --pes.
 */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../core/base/errors.ts';
import { describeFailure } from '../describe-failure.ts';

export interface Host {
  readonly name: string;
  readonly cpus: string | undefined;
  readonly pes: number | undefined;
}

/** One for each node runtime, in the order of the file. @throws UsageError with the line */
export async function readHostFile(file: string): Promise<readonly Host[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`the host file can't be read: ${describeFailure(cause)}`);
  });
  const hosts = parseHosts(text, file);
  if (hosts.length === 0) throw new UsageError(`${file} names no host`);
  return hosts;
}

export function parseHosts(text: string, file: string): readonly Host[] {
  return text.split('\n').flatMap((line, i) => hostsOf(line.replace(/#.*/, '').trim(), `${file}:${i + 1}`));
}

function hostsOf(line: string, place: string): readonly Host[] {
  const [name, ...options] = line.split(/\s+/);
  if (name === undefined || name === '') return [];
  // It would be taken for an option of ssh.
  if (!/^[\w.@:[\]%-]+$/.test(name) || name.startsWith('-'))
    throw new UsageError(`${place}: ${name} is no name of a host`);
  let nodes = 1;
  let pes: number | undefined;
  let cpus: string | undefined;
  for (const option of options) {
    const [key, value = ''] = option.split('=');
    if (key === 'nodes') nodes = count(value, option, place);
    else if (key === 'pes') pes = count(value, option, place);
    else if (key === 'cpus' && /^[\d,-]+$/.test(value)) cpus = value;
    else throw new UsageError(`${place}: ${option} is none of nodes=N, pes=N, cpus=0-3,8`);
  }
  return new Array<Host>(nodes).fill({ name, cpus, pes });
}

function count(text: string, option: string, place: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 256) return value;
  throw new UsageError(`${place}: ${option} is not a number from 1 to 256`);
}
