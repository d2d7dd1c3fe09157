/** Runs the real command on fixture programs, and says what is wrong with how it ended. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Nothing here should take a tenth of it. */
const deadlineMs = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Called with the process once it has printed something. */
  readonly onOutput?: (child: ChildProcess) => void;
  /** Shell redirections and pipes behind the command, for instance `| head -1`. */
  readonly behind?: string;
  /** Besides this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

export function programPath(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
}

/** `charm4ts run programs/<name>.ts --pes 2 <case>` */
export function runProgram(name: string, which: string, flags: readonly string[] = ['--pes', '2']): Promise<Ended> {
  return runCommand(['run', programPath(name), ...flags, which]);
}

/** Runs `charm4ts` with these arguments; fails if it does not end, or leaves a process behind. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const { behind } = options;
  const env = { ...process.env, ...options.env };
  // A process group of its own, so that whatever it leaves behind can be found.
  const child =
    behind === undefined
      ? spawn(process.execPath, [command, ...args], { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('bash', ['-c', `"$0" "$@" ${behind}`, process.execPath, command, ...args], {
          detached: true,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (output.stdout === '' && stream === 'stdout') options.onOutput?.(child);
      output[stream] += text;
    });
  }
  const ended = await new Promise<Ended>((resolve, reject) => {
    const deadline = setTimeout(() => {
      killGroup(child.pid!);
      reject(new Error(`${args.join(' ')} has not ended after ${deadlineMs} ms. ${show(output)}`));
    }, deadlineMs);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, ...output });
    });
  });
  await noOrphans(child.pid!, args);
  return ended;
}

/** Waits until no process of the group is left; a helper of the compiler may take a moment to notice the end. */
async function noOrphans(group: number, args: readonly string[]): Promise<void> {
  const giveUp = performance.now() + 5000;
  while (isAlive(group)) {
    if (performance.now() > giveUp) {
      killGroup(group);
      assert.fail(`${args.join(' ')} has left a process behind`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function show({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  return `Its output: ${stdout.slice(0, 2000)}\nIts errors: ${stderr.slice(0, 4000)}`;
}

/** Exactly one report on stderr and nothing else, with all these words; and this exit code. */
export function assertReport(ended: Ended, expected: readonly (string | RegExp)[], code = 1): void {
  const { stderr } = ended;
  assert.equal(ended.code, code, `exit code. ${show(ended)}`);
  assert.equal(stderr.match(/^charm4ts: /gm)?.length, 1, `number of reports. ${show(ended)}`);
  assert.match(stderr, /^charm4ts: /, `something stands before the report. ${show(ended)}`);
  assert.match(stderr.split('\n')[0]!, /\[ERR_[A-Z_, ]+\]$/, `the first line has no code. ${show(ended)}`);
  for (const word of expected) {
    const isThere = typeof word === 'string' ? stderr.includes(word) : word.test(stderr);
    assert.ok(isThere, `${word} is missing. ${show(ended)}`);
  }
  const alien = stderr.split('\n').filter((line) => /^\s+at .*(node:|\/dist\/|\/core\/|\/launch\/|\.cache)/.test(line));
  assert.deepEqual(alien, [], 'frames that are not of the program');
}

/** `programs/entries.ts:9`: where a fixture has the comment `// throws: <mark>`. */
export function lineOf(name: string, mark: string): string {
  const lines = readFileSync(programPath(name), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.endsWith(`: ${mark}`) && text.includes('// '));
  assert.notEqual(line, -1, `no mark ${mark} in ${name}`);
  return `programs/${name}.ts:${line + 1}:`;
}
