/**
 * A browser tab as a node of a job. This script, in the page itself, is the node's communication thread: it has the WebSocket to
 * the launcher, and the PEs are Web Workers. Nothing of the program runs here.
 *
 *  1. It joins. The launcher says which node it is, and where the program is.
 *  2. Records go between the WebSocket and the rings of the PEs, as in any node (transports/outside/gateway.ts).
 *  3. When the job ends, or the connection, the workers are ended; the page says how it ended, and stays.
 */
import { CharmError, toWire } from '../../../core/base/errors.ts';
import { Gateway } from '../../../transports/outside/gateway.ts';
import { type GatewayMemory, makeGatewayMemory } from '../../../transports/outside/gateway-memory.ts';
import { PageTransport } from '../../../transports/page/page-transport.ts';
import { readBatch } from '../../../transports/page/record-batch.ts';
import { makeSharedMachine } from '../../../transports/threads/threads-link.ts';
import { PeTeam } from '../../pe-team.ts';
import { joinPath, type PageMessage, type PageOrder, type PageStart } from '../page-protocol.ts';
import { soon } from './soon.ts';
import { webThreads } from './web-thread.ts';

const notIsolated =
  'this browser lets pages share no memory with their workers here (they are not cross-origin isolated); use another one';

function show(text: string): void {
  document.querySelector('#state')!.textContent = text;
}

class PageRuntime {
  readonly #start: PageStart;
  readonly #tell: (message: PageMessage) => void;
  readonly #gateway: Gateway;
  readonly #memory: GatewayMemory;
  readonly #machine: ReturnType<typeof makeSharedMachine>;
  #team: PeTeam | undefined;
  #isStopping = false;

  constructor(start: PageStart, socket: WebSocket, tell: (message: PageMessage) => void) {
    const { node, pesPerNode } = start;
    this.#start = start;
    this.#tell = tell;
    this.#machine = makeSharedMachine(pesPerNode);
    this.#memory = makeGatewayMemory(pesPerNode);
    this.#gateway = new Gateway({
      memory: this.#memory,
      peWords: this.#machine.peWords,
      firstPe: node * pesPerNode,
      nodeOf: (pe) => Math.floor(pe / pesPerNode),
      soon,
      onBadRecord: (why) => this.fail(new CharmError('ERR_DECODE', why)),
    });
    this.#gateway.start(new PageTransport(socket, (isPaused) => tell({ kind: 'paused', isPaused })));
  }

  fail(error: Error): void {
    if (!this.#isStopping) this.#tell({ kind: 'failed', error: toWire(error) });
  }

  received(bytes: Uint8Array): void {
    try {
      readBatch(bytes, (kind, to, from, data, start, length) =>
        this.#gateway.received(kind, to, from, data, start, length),
      );
    } catch (error) {
      this.fail(error as Error);
    }
  }

  run({ url, strategies }: Extract<PageOrder, { readonly kind: 'program' }>): void {
    const { node, nodes, pesPerNode, settings } = this.#start;
    const tell = this.#tell;
    this.#team = new PeTeam(
      {
        machine: this.#machine,
        firstPe: node * pesPerNode,
        jobPes: nodes * pesPerNode,
        pesPerNode,
        gateway: this.#memory,
        settings,
        startThread: webThreads({
          strategies: () => strategies,
          onOutput: (stream, text) => tell({ kind: 'output', stream, text }),
        }),
      },
      {
        loaded: (description, classes) => tell({ kind: 'loaded', description, classes }),
        exit: (code) => tell({ kind: 'exit', code }),
        failed: (error) => this.fail(error),
      },
    );
    this.#team.start();
    this.#team.deliver(url);
    show(`This tab is node ${node} of a job, with ${pesPerNode} ${pesPerNode === 1 ? 'PE' : 'PEs'}. Keep it open.`);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#team?.stop();
    this.#gateway.stop();
    this.#tell({ kind: 'done' });
  }
}

function join(): void {
  const socket = new WebSocket(`ws://${location.host}${joinPath}`);
  socket.binaryType = 'arraybuffer';
  const tell = (message: PageMessage): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  let runtime: PageRuntime | undefined;
  const obey = (order: PageOrder): void => {
    if (order.kind === 'ping') tell({ kind: 'alive' });
    else if (order.kind === 'start') runtime = new PageRuntime(order.start, socket, tell);
    else if (order.kind === 'program') runtime?.run(order);
    else if (order.kind === 'stop') void runtime?.stop();
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') obey(JSON.parse(data) as PageOrder);
    else runtime?.received(new Uint8Array(data));
  };
  socket.onopen = () => {
    show('This tab waits for the other nodes of the job.');
    if (!crossOriginIsolated) tell({ kind: 'failed', error: toWire(new CharmError('ERR_RESOURCES', notIsolated)) });
  };
  socket.onclose = ({ reason }) => {
    show(
      reason === '' ? 'The connection to the job was lost. This tab can be closed.' : `This tab is done: ${reason}.`,
    );
    void runtime?.stop();
  };
}

join();
