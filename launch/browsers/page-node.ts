/**
 * A node whose PEs run in a browser tab, as its launcher sees it. To all other nodes it is one like any other: the launcher stands
 * in for it in the mesh of the job's transport, and passes records on to the page and back. The page knows nothing of the
 * job's secret or addresses.
 *
 *  1. It is there from the start; what the other nodes send before a page has joined waits in their sockets.
 *  2. `join` gives it a page: the orders so far go to it, then records flow.
 *  3. A page that closes, says nothing for as long as a node may, or sends what can't be read, is lost, and with it the job.
 *
 * A page that takes less than it is sent makes its senders wait, as between processes; and it is read no further while a
 * node that it sends to takes no more.
 */
import { WebSocket } from 'ws';
import { CharmError, describeThrown } from '../../core/base/errors.ts';
import { RecordBatch, readBatch } from '../../transports/page/record-batch.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import { carrierOf, lostNode, notConnected } from '../nodes/gateway-node.ts';
import type { NodeHandle, NodeOutput } from '../nodes/node-handle.ts';
import { identityText, ownIdentity } from '../nodes/node-identity.ts';
import type { NodeMessage, NodeOrder } from '../nodes/node-protocol.ts';
import { needsPulse, Pulse } from '../nodes/pulse.ts';
import type { MeshStart, PeSettings } from '../worker-protocol.ts';
import { closeCode, type PageMessage, type PageOrder, type PageScripts, parsePageMessage } from './page-protocol.ts';

const pingEveryMs = 500;
/** More than this on its way to the page: the nodes that send to it wait. */
const congestedBytes = 1 << 20;
/** How often is looked whether a node takes records again. */
const retryMs = 2;

export interface PageNodeOptions {
  readonly mesh: MeshStart;
  readonly pesPerNode: number;
  readonly settings: PeSettings;
  /** What pages load; known before any has joined. */
  readonly scripts: () => PageScripts;
  readonly output: NodeOutput;
  readonly onMessage: (message: NodeMessage) => void;
  readonly onLost: (error: CharmError) => void;
}

export class PageNode implements NodeHandle {
  readonly node: number;
  readonly ended: Promise<void>;
  readonly output = { stdout: '', stderr: '' };
  isDone = false;
  /** Never, as long as no page has joined: a person has to open it. */
  heardAt: number = Number.POSITIVE_INFINITY;
  readonly #options: PageNodeOptions;
  readonly #mesh: SocketMesh;
  /** Heartbeats to nodes on other machines: what is there of this node is this process. */
  readonly #pulse: Pulse | undefined;
  readonly #batch = new RecordBatch();
  #socket: WebSocket | undefined;
  #orders: PageOrder[] = [];
  #pagePaused = false;
  #isFlushDue = false;
  #isOutputDropped = false;
  #ping: NodeJS.Timeout | undefined;
  #onEnded!: () => void;

  constructor(options: PageNodeOptions) {
    this.#options = options;
    const { mesh, pesPerNode, settings } = options;
    this.node = mesh.node;
    this.ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
    this.#mesh = new SocketMesh({
      ...mesh,
      secret: Buffer.from(mesh.secret, 'hex'),
      identity: identityText(ownIdentity()),
      carrier: carrierOf(mesh),
      events: {
        received: (kind, to, from, bytes, start, length) => this.#received(kind, to, from, bytes, start, length),
        lost: (node, why) => this.#fail(lostNode(mesh.node, node, why)),
      },
    });
    if (needsPulse(mesh)) this.#pulse = new Pulse(mesh, (error) => this.#fail(error));
    this.#orders.push({ kind: 'start', start: { node: mesh.node, nodes: mesh.nodes, pesPerNode, settings } });
    void this.#attempt(() => this.#listen());
  }

  get hasJoined(): boolean {
    return this.#socket !== undefined;
  }

  /** A page is this node from now on. */
  join(socket: WebSocket): void {
    this.#socket = socket;
    this.heardAt = performance.now();
    socket.on('message', (data: Buffer, isBinary) => {
      this.heardAt = performance.now();
      if (isBinary) this.#passOn(data);
      else this.#onText(data.toString());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#onClose());
    for (const order of this.#orders.splice(0)) this.#order(order);
    this.#ping = setInterval(() => this.#order({ kind: 'ping' }), pingEveryMs);
    this.#adjustPause();
  }

  // ---- NodeHandle ----

  tell(order: NodeOrder): void {
    if (order.kind === 'connect') return void this.#attempt(() => this.#connect(order.addresses, order.pulses));
    if (order.kind === 'start') return;
    const forPage: PageOrder = order.kind === 'program' ? { kind: 'program', ...this.#options.scripts() } : order;
    if (this.#socket !== undefined) this.#order(forPage);
    else if (order.kind === 'stop') this.#end();
    else this.#orders.push(forPage);
  }

  kill(): void {
    this.#socket?.terminate();
    this.#end();
  }

  dropOutput(): void {
    this.#isOutputDropped = true;
  }

  async #listen(): Promise<void> {
    const [address, pulse] = await Promise.all([this.#mesh.listen(), this.#pulse?.listen()]);
    this.#options.onMessage({ kind: 'listening', address, ...(pulse === undefined ? {} : { pulse }) });
  }

  async #connect(addresses: readonly string[], pulses: readonly string[]): Promise<void> {
    await Promise.all([this.#mesh.connect(addresses), this.#pulse?.connect(pulses)]);
    this.#adjustPause();
    this.#options.onMessage({ kind: 'connected' });
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fail(notConnected(error));
    }
  }

  // ---- to the page ----

  #order(order: PageOrder): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(order));
  }

  #received(kind: number, to: number, from: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.#batch.add(kind, to, from, bytes, start, length)) this.#flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => this.#flush());
    }
  }

  #flush(): void {
    this.#isFlushDue = false;
    const bytes = this.#batch.take();
    if (bytes === undefined || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes, () => this.#adjustPause());
    this.#adjustPause();
  }

  #adjustPause(): void {
    const isCongested = this.#socket === undefined || this.#socket.bufferedAmount > congestedBytes;
    this.#mesh.setPaused(isCongested || this.#pagePaused);
  }

  // ---- from the page ----

  #passOn(data: Buffer): void {
    const { mesh, pesPerNode } = this.#options;
    const nodes = new Set<number>();
    try {
      readBatch(data, (kind, to, from, bytes, start, length) => {
        const node = Math.floor(to / pesPerNode);
        if (node >= mesh.nodes || node === mesh.node || Math.floor(from / pesPerNode) !== mesh.node)
          throw new RangeError(`it sent a record from PE ${from} to PE ${to}`);
        nodes.add(node);
        this.#mesh.send(node, kind, to, from, bytes, start, length);
      });
    } catch (error) {
      this.#socket?.close(closeCode.broken, 'what this page sent can not be read');
      return this.#lost(`what it sent can not be read (${describeThrown(error)})`);
    }
    this.#mesh.flush();
    this.#waitWhileCongested([...nodes]);
  }

  #waitWhileCongested(nodes: readonly number[]): void {
    const socket = this.#socket;
    if (socket === undefined || !nodes.some((node) => this.#mesh.isCongested(node))) return;
    socket.pause();
    const retry = setInterval(() => {
      // It could not be heard meanwhile.
      this.heardAt = performance.now();
      if (nodes.some((node) => this.#mesh.isCongested(node)) && socket.readyState === WebSocket.OPEN) return;
      clearInterval(retry);
      socket.resume();
    }, retryMs);
  }

  #onText(text: string): void {
    const message = parsePageMessage(text);
    if (message === undefined) return this.#lost('it sent what is no message');
    this.#onMessage(message);
  }

  #onMessage(message: PageMessage): void {
    if (message.kind === 'output') this.#write(message.stream, message.text);
    else if (message.kind === 'paused') {
      this.#pagePaused = message.isPaused;
      this.#adjustPause();
    } else {
      this.#options.onMessage(message);
      if (message.kind === 'done') this.#end();
    }
  }

  #write(stream: 'stdout' | 'stderr', text: string): void {
    const { isCaptured, prefix } = this.#options.output;
    const lines = `${text.split('\n').join(`\n${prefix}`)}\n`;
    if (isCaptured) this.output[stream] += prefix + lines;
    else if (!this.#isOutputDropped) process[stream].write(prefix + lines);
  }

  // ---- the end ----

  #onClose(): void {
    if (!this.isDone) this.#lost('it was closed');
    this.#end();
  }

  #lost(why: string): void {
    this.#fail(new CharmError('ERR_NODE_LOST', `node ${this.node}, a browser tab, is lost: ${why}`));
  }

  #fail(error: CharmError): void {
    this.#options.onLost(error);
  }

  #end(): void {
    clearInterval(this.#ping);
    this.#pulse?.stop();
    this.#mesh.close();
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close(closeCode.ended, 'the job has ended');
    this.#onEnded();
  }
}
