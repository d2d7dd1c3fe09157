/**
 * The worker thread of one PE: loads the program, builds the PE, runs it, and leaves.
 *
 * Steps: 1. link and host from the shared machine; 2. wait for the program's address; 3. import it, build the
 * registry and report its description; 4. run, on PE 0 once all others have loaded too; 5. say `left`, flush output,
 * report `done`, end.
 */
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { Balancing } from '../core/balance/balancing.ts';
import { systemClock } from '../core/base/clock.ts';
import { CharmError, describeThrown, locate, PeLostError, toWire } from '../core/base/errors.ts';
import { type ProgramModule, Registry } from '../core/message/registry.ts';
import type { Pe } from '../core/pe/pe.ts';
import { SharedHeap } from '../core/pup/shared-heap.ts';
import { OutsideLink } from '../transports/outside/outside-link.ts';
import { OutsidePort } from '../transports/outside/outside-port.ts';
import { ThreadsLink } from '../transports/threads/threads-link.ts';
import { peBalancing } from './lazy-balancing.ts';
import { answerLive } from './live/answer.ts';
import { LoopProbe } from './loop-probe.ts';
import { mainOf, startMain } from './main-task.ts';
import { MpiNode } from './mpi/mpi-node.ts';
import { DirectNode } from './nodes/direct-node.ts';
import { Orders, stopped } from './orders.ts';
import { assemblePe, describeClasses } from './pe-assembly.ts';
import { Recording } from './record/recording.ts';
import { type HostedLink, ThreadHost, type ThreadSystem } from './thread-host.ts';
import { TraceLayout } from './trace/layout.ts';
import { ThreadSummary } from './trace/thread-summary.ts';
import { ThreadTrace } from './trace/thread-trace.ts';
import { writeHead } from './trace/trace-files.ts';
import type { WorkerMessage, WorkerStart } from './worker-protocol.ts';

const port = parentPort!;
const start = workerData as WorkerStart;
const heap = new SharedHeap(start.machine.heap);
const here = { pe: start.pe };
const tell = (message: WorkerMessage): void => port.postMessage(message);
const system: ThreadSystem = {
  tell,
  soon: setImmediate,
  memoryFree: () => getHeapStatistics().total_available_size,
  probe: new LoopProbe(port),
};
const fail = (error: unknown): void => tell({ kind: 'failed', error: toWire(locate(error, here)) });

async function load(url: string): Promise<ProgramModule> {
  const probe = new LoopProbe(port);
  try {
    // A top-level await may wait for something that never comes; then nothing keeps the event loop going.
    return await Promise.race([import(url) as Promise<ProgramModule>, probe.whenDrained().then(neverLoaded)]);
  } catch (cause) {
    if (cause instanceof CharmError && cause.code === 'ERR_PROGRAM') throw cause;
    const message = `the program could not be loaded: ${describeThrown(cause)}`;
    throw new CharmError('ERR_PROGRAM', message, here, { cause });
  } finally {
    probe.cancel();
  }
}

function neverLoaded(): never {
  const message = 'the program never finishes loading: a top-level await waits for something that does not come';
  throw new CharmError('ERR_PROGRAM', message, here);
}

function makeLink(direct: DirectNode | MpiNode | undefined): HostedLink {
  const { pe, firstPe, machine, gateway } = start;
  if (direct !== undefined) return direct.link;
  const beside = new ThreadsLink(pe - firstPe, machine);
  if (gateway === undefined) return beside;
  return new OutsideLink(firstPe, machine.pes, beside, new OutsidePort(pe, pe - firstPe, gateway), heap);
}

/** Before the PE says that it has loaded, so that main does not begin without it. */
async function loadBalancing(): Promise<{ readonly balancing: Balancing }> {
  return { balancing: await peBalancing(start.settings.balancing, start.pe) };
}

/** @throws CharmError ERR_OUTPUT if its file can't be made. */
function openTrace(registry: Registry, queueLength: () => number): ThreadTrace | ThreadSummary | undefined {
  const { pe, jobPes, pesPerNode } = start;
  const { trace } = start.settings;
  if (trace === undefined) return undefined;
  try {
    const layout = pe === 0 ? writeHead(trace, registry, jobPes, pesPerNode) : new TraceLayout(registry);
    if (trace.isSummary) return new ThreadSummary({ start: trace, layout, pe, pes: jobPes });
    return new ThreadTrace({ start: trace, layout, pe, pes: jobPes, queueLength });
  } catch (cause) {
    const message = `the trace can't be written to ${trace.directory}: ${describeThrown(cause)}`;
    throw new CharmError('ERR_OUTPUT', message, here, { cause });
  }
}

const uncaught = {
  uncaughtException: 'uncaught in a callback of a timer or of I/O, outside entry methods',
  unhandledRejection: 'a promise was rejected, and nobody awaits or catches it',
} as const;

/** What nobody has caught: the thread would die of it; so it ends the job, but may flush its output first. */
function watchUncaught(pe: Pe): void {
  for (const [event, what] of Object.entries(uncaught)) {
    process.on(event, (cause: unknown) => {
      // A program with a listener of its own sees to it itself.
      if (process.listenerCount(event) > 1) return;
      pe.fail(new PeLostError('ERR_UNCAUGHT', `${what}: ${describeThrown(cause)}`, here, { cause }));
    });
  }
}

/** Tells which entry method called `process.exit`; nothing after it runs in this thread. */
function watchExit(pe: Pe): void {
  process.on('exit', (code) => {
    const { current, currentEntry } = pe;
    if (current === undefined || currentEntry === undefined || pe.isStopped) return;
    const place = { ...here, chare: current.label, entry: currentEntry.name };
    const message = `process.exit(${code}) was called, which ends only this PE's thread; end a job with charm.exit()`;
    tell({ kind: 'failed', error: toWire(new PeLostError('ERR_PE_LOST', message, place)) });
  });
}

async function run(orders: Orders): Promise<void> {
  if (start.mpi === undefined) return runPe(orders, connectDirectly(orders));
  const mpi = await MpiNode.open(start.mpi, heap, tell);
  orders.onControl = (node, text) => mpi.sendControl(node, text);
  tell({ kind: 'connected' });
  try {
    await runPe(orders, mpi);
  } catch (error) {
    if (error !== stopped) fail(error);
  }
  await orders.whenStopped();
  tell({ kind: 'left' });
  await mpi.leave();
}

function connectDirectly(orders: Orders): DirectNode | undefined {
  if (start.direct === undefined) return undefined;
  const direct = new DirectNode(start.direct, tell, fail);
  void orders.connect.then((addresses) => direct.connect(addresses));
  return direct;
}

async function runPe(orders: Orders, direct: DirectNode | MpiNode | undefined): Promise<void> {
  const link = makeLink(direct);
  const threadHost = new ThreadHost(
    system,
    start.pe,
    start.pe - start.firstPe,
    start.machine,
    link,
    start.settings.spinMs,
  );
  const url = await orders.unlessStopped(orders.program);
  const program = await orders.unlessStopped(load(url));
  const registry = new Registry(program);
  const balancing = await loadBalancing();
  const main = start.pe === 0 ? mainOf(program, 'the program') : undefined;
  tell({ kind: 'loaded', description: registry.describe(), classes: describeClasses(registry) });
  const trace = openTrace(registry, () => pe.queue.length);
  const handed = { ...(trace === undefined ? {} : { trace: trace.recording }), ...balancing, heap };
  const surroundings = { host: threadHost, link, clock: systemClock };
  const recording = start.settings.record === undefined ? undefined : new Recording(start, surroundings, heap);
  const pe: Pe = assemblePe(start, registry, recording?.surroundings ?? surroundings, handed);
  direct?.open(pe, recording && ((frame, from) => recording.arrived(pe, frame, from)));
  orders.onLive = (order) => answerLive(pe, order, tell);
  watchUncaught(pe);
  watchExit(pe);
  if (main !== undefined) {
    await orders.unlessStopped(orders.go);
    startMain(pe, main);
  }
  const running = recording === undefined ? threadHost.run(pe) : recording.run(pe, threadHost);
  await (direct instanceof MpiNode ? direct.during(running) : running);
  if (direct instanceof DirectNode) {
    // Not before all nodes are told: to those a connection that closes is a node lost.
    await orders.whenStopped();
    direct.close();
  }
  await trace?.close().catch((cause: unknown) => {
    const message = `the trace is not complete: ${describeThrown(cause)}`;
    process.stderr.write(`PE ${start.pe}: ${message}\n`);
  });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

// Stack traces name the program's own files and lines. Set before the program is loaded, which is when maps are read.
process.setSourceMapsEnabled(true);
try {
  await run(new Orders((hear) => void port.on('message', hear)));
} catch (error) {
  if (error !== stopped) fail(error);
}
tell({ kind: 'left' });
await flush(process.stdout);
await flush(process.stderr);
tell({ kind: 'done' });
