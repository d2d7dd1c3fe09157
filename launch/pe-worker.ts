/**
 * The worker thread of one PE: loads the program, builds the PE, runs it, and leaves.
 *
 * Steps: 1. link and host from the shared machine; 2. wait for the program's address; 3. import it, build the
 * registry and report its description; 4. run; 5. flush output, report `done`, end.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/base/clock.ts';
import { CharmError, describeThrown, toWire } from '../core/base/errors.ts';
import { SeededRandom } from '../core/base/random.ts';
import { type ProgramModule, Registry } from '../core/message/registry.ts';
import { Pe } from '../core/pe/pe.ts';
import { PriorityQueue, ShuffledQueue } from '../core/pe/task-queue.ts';
import { PeWord, peWordsPerPe, ThreadsLink } from '../transports/threads/threads-link.ts';
import { mainOf, startMain } from './main-task.ts';
import { ThreadHost } from './thread-host.ts';
import type { ProgramReady, WorkerMessage, WorkerStart } from './worker-protocol.ts';

const port = parentPort!;
const start = workerData as WorkerStart;
const tell = (message: WorkerMessage): void => port.postMessage(message);

/** The program's address; the port stays open after it, since it keeps the sleeping thread alive. */
function programAddress(): Promise<string> {
  return new Promise((resolve) => {
    port.on('message', (message: ProgramReady) => resolve(message.url));
  });
}

async function load(url: string): Promise<ProgramModule> {
  try {
    return (await import(url)) as ProgramModule;
  } catch (cause) {
    throw new CharmError(
      'ERR_PROGRAM',
      `the program could not be loaded: ${describeThrown(cause)}`,
      { pe: start.pe },
      { cause },
    );
  }
}

function makePe(registry: Registry, host: ThreadHost, link: ThreadsLink): Pe {
  const { pe: id, machine, args, seed } = start;
  const word = id * peWordsPerPe + PeWord.progress;
  return new Pe({
    id,
    pes: machine.pes,
    pesPerNode: machine.pes,
    args,
    clock: systemClock,
    random: new SeededRandom(seed, id + 1),
    link,
    host,
    queue: start.shuffle ? new ShuffledQueue(new SeededRandom(seed, machine.pes + id + 1)) : new PriorityQueue(),
    registry,
    progress: machine.peWords.subarray(word, word + 2),
  });
}

async function run(): Promise<void> {
  const link = new ThreadsLink(start.pe, start.machine);
  const host = new ThreadHost(port, start.pe, start.machine, link, start.spinMs);
  const program = await load(await programAddress());
  const registry = new Registry(program);
  const classes = registry.types.map(({ name, table }) => ({
    name,
    entries: table.entries.map((entry) => entry.name),
  }));
  tell({ kind: 'loaded', description: registry.describe(), classes });
  const pe = makePe(registry, host, link);
  if (start.pe === 0) startMain(pe, mainOf(program, 'the program module'));
  await host.run(pe);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

try {
  await run();
} catch (error) {
  tell({ kind: 'failed', error: toWire(error) });
}
await flush(process.stdout);
await flush(process.stderr);
tell({ kind: 'done' });
