/** `run.json` of a recording: with what the run was started, so that a replay is started with the same. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CharmError, describeThrown, UsageError } from '../../core/base/errors.ts';
import { describeFailure } from '../describe-failure.ts';
import type { JobOptions } from '../job-options.ts';
import { makeFolder } from '../make-folder.ts';
import type { PeSettings } from '../worker-protocol.ts';

const fileName = 'run.json';
/** To be raised when a log means something else. */
const formatVersion = 2;

type Recorded = Omit<PeSettings, 'trace' | 'record' | 'spinMs'>;

interface RunFile {
  readonly formatVersion: number;
  readonly program: string;
  /** Of each node. */
  readonly pes: number;
  readonly nodes: number;
  readonly settings: Recorded;
}

/** Name of a PE's log in the directory. */
export function logName(pe: number): string {
  return `pe${pe}.log`;
}

/** The settings of a job that is recorded or replayed; of any other they are what they were. */
export function withRecord(options: JobOptions, settings: PeSettings): PeSettings {
  if (options.replay !== undefined) {
    const { settings: recorded } = readRun(options.replay);
    return { ...settings, ...recorded, record: { directory: resolve(options.replay), isReplay: true } };
  }
  if (options.record === undefined) return settings;
  const directory = resolve(options.record);
  const { trace: _trace, record: _record, spinMs: _spinMs, ...kept } = settings;
  const { pes = 1, nodes = 1 } = options;
  const run: RunFile = { formatVersion, program: String(options.program), pes, nodes, settings: kept };
  try {
    makeFolder(directory);
    for (const name of readdirSync(directory)) if (/^pe\d+\.log$/.test(name)) rmSync(join(directory, name));
    writeFileSync(join(directory, fileName), `${JSON.stringify(run, undefined, 2)}\n`);
  } catch (cause) {
    const message = `the recording can't be written to ${directory}: ${describeFailure(cause)}`;
    throw new CharmError('ERR_OUTPUT', message);
  }
  return { ...settings, record: { directory, isReplay: false } };
}

/** What a replay takes from its recording: it runs in one process, whatever nodes there were. */
export interface ReplayedMachine {
  readonly options: JobOptions;
  /** Of the recorded run; undefined without one. */
  readonly pesPerNode: number | undefined;
}

/** @throws UsageError if the options say something else */
export function replayOptions(options: JobOptions): ReplayedMachine {
  const { replay, record } = options;
  if (replay === undefined) return { options, pesPerNode: undefined };
  if (record !== undefined) throw new UsageError('a run is recorded or replayed, not both');
  const { pes, nodes, settings } = readRun(replay);
  const args = options.args?.length === 0 ? undefined : options.args;
  const given = { nodes: options.nodes, pes: options.pes, seed: options.seed, args };
  const recorded = { nodes, pes, seed: settings.seed, args: settings.args };
  for (const key of ['nodes', 'pes', 'seed', 'args'] as const) {
    const [now, then] = [given[key], recorded[key]].map((value) => JSON.stringify(value));
    if (now !== undefined && now !== then)
      throw new UsageError(`the run in ${replay} was recorded with ${key} ${then}, not ${now}; leave it out`);
  }
  return { options: { ...options, nodes: 1, pes: nodes * pes }, pesPerNode: pes };
}

function readRun(directory: string): RunFile {
  try {
    const run = JSON.parse(readFileSync(join(directory, fileName), 'utf8')) as RunFile;
    if (run.formatVersion === formatVersion) return run;
    throw new Error('it was written by another version of charm4ts');
  } catch (cause) {
    const message = `there is no recording to replay in ${directory}: ${describeThrown(cause)}`;
    throw new CharmError('ERR_REPLAY', message, undefined, { cause });
  }
}
