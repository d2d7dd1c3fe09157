/**
 * One PE in a Web Worker of a page: what launch/pe-worker.ts is in Node.js.
 *
 * Steps: 1. the page says what to start; 2. wait for the program's address; 3. import it, build the registry and report its
 * description; 4. run; 5. say `left` and `done`; the page ends the worker.
 *
 * Not handled: whether the program waits for timers or the network can't be seen here, so a job with browsers is never
 * found to be stuck.
 */
import { systemClock } from '../../../core/base/clock.ts';
import { CharmError, describeThrown, locate, PeLostError, toWire } from '../../../core/base/errors.ts';
import { type ProgramModule, Registry } from '../../../core/message/registry.ts';
import type { Pe } from '../../../core/pe/pe.ts';
import { SharedHeap } from '../../../core/pup/shared-heap.ts';
import { OutsideLink } from '../../../transports/outside/outside-link.ts';
import { OutsidePort } from '../../../transports/outside/outside-port.ts';
import { ThreadsLink } from '../../../transports/threads/threads-link.ts';
import { loadBalancing, type StrategyModule } from '../../load-balancing.ts';
import { Orders, stopped } from '../../orders.ts';
import { assemblePe, describeClasses } from '../../pe-assembly.ts';
import { ThreadHost, type ThreadSystem } from '../../thread-host.ts';
import type { WorkerOrder } from '../../worker-protocol.ts';
import { passOnConsole } from './console-output.ts';
import { soon } from './soon.ts';
import type { WebWorkerMessage, WebWorkerStart } from './web-thread.ts';

/** This file runs in a worker, whose global scope TypeScript takes for a window's. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: WebWorkerMessage): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
};

const tell = (message: WebWorkerMessage): void => scope.postMessage(message);

const system: ThreadSystem = {
  tell,
  soon,
  memoryFree: () => Number.POSITIVE_INFINITY,
  // Browsers do not tell what an event loop waits for.
  probe: { begin: () => undefined, cancel: () => undefined },
};

const globalsOfNode = /^(process|Buffer|global|require|module|__dirname|__filename|setImmediate) is not defined/;

async function load(url: string, pe: number): Promise<ProgramModule> {
  try {
    return (await import(/* @vite-ignore */ url)) as ProgramModule;
  } catch (cause) {
    const [, name] = globalsOfNode.exec(cause instanceof Error ? cause.message : '') ?? [];
    const advice =
      name === undefined ? '' : `; ${name} is of Node.js, and there is none in a browser: ask typeof ${name} first`;
    const message = `the program could not be loaded in a browser: ${describeThrown(cause)}${advice}`;
    throw new CharmError('ERR_PROGRAM', message, { pe }, { cause });
  }
}

function importStrategy(strategies: Readonly<Record<string, string>>, name: string): Promise<StrategyModule> {
  const url = strategies[name];
  if (url === undefined)
    throw new CharmError('ERR_USAGE', `${name} was not there when the pages of this job were made; start with it`);
  return import(/* @vite-ignore */ url) as Promise<StrategyModule>;
}

/** What nobody has caught ends the job, as in Node.js. */
function watchUncaught(pe: Pe): void {
  const failed = (what: string, cause: unknown): void =>
    pe.fail(new PeLostError('ERR_UNCAUGHT', `${what}: ${describeThrown(cause)}`, { pe: pe.id }, { cause }));
  scope.addEventListener('error', (event) => {
    event.preventDefault();
    failed('uncaught in a callback, outside entry methods', (event as ErrorEvent).error);
  });
  scope.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    failed('a promise was rejected, and nobody awaits or catches it', (event as PromiseRejectionEvent).reason);
  });
}

async function run({ start, strategies }: WebWorkerStart, orders: Orders): Promise<void> {
  const { pe: id, firstPe, machine, gateway, settings } = start;
  const heap = new SharedHeap(machine.heap);
  const beside = new ThreadsLink(id - firstPe, machine);
  const outside = new OutsidePort(id, id - firstPe, gateway!);
  const link = new OutsideLink(firstPe, machine.pes, beside, outside, heap);
  const host = new ThreadHost(system, id, id - firstPe, machine, link, settings.spinMs);
  const registry = new Registry(await orders.unlessStopped(load(await orders.unlessStopped(orders.program), id)));
  const balancing = await loadBalancing(settings.balancing, id, {
    importFile: (name) => importStrategy(strategies, name),
    onStep: () => undefined,
  });
  tell({ kind: 'loaded', description: registry.describe(), classes: describeClasses(registry) });
  const pe = assemblePe(start, registry, { host, link, clock: systemClock }, { balancing, heap });
  watchUncaught(pe);
  await host.run(pe);
}

async function live(first: WebWorkerStart): Promise<void> {
  passOnConsole((stream, text) => tell({ kind: 'output', stream, text }));
  const orders = new Orders((hear) => {
    scope.onmessage = ({ data }) => hear(data as WorkerOrder);
  });
  try {
    await run(first, orders);
  } catch (error) {
    if (error !== stopped) tell({ kind: 'failed', error: toWire(locate(error, { pe: first.start.pe })) });
  }
  tell({ kind: 'left' });
  tell({ kind: 'done' });
}

scope.onmessage = ({ data }) => void live(data as WebWorkerStart);
