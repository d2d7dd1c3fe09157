/**
 * A node runtime: a process with some of a job's PEs as worker threads; this thread is its communication thread.
 *
 *  1. The launcher says what to start (over the channel of the child process). The PEs' threads start, and an address is
 *     opened and told.
 *  2. Once all addresses are known the nodes connect to each other.
 *  3. The program's address goes to the PEs, what they loaded to the launcher; then `main` runs on node 0.
 *  4. What ends the job is told to the launcher, which tells all nodes to stop.
 *
 * A PE that is alone in its node has the connections itself (sockets/direct-link.ts), since two threads less are passed;
 * this thread then only passes orders on.
 *
 * Invariant: without its launcher a node ends at once, so that no process is left behind, however the launcher ended.
 */
import { toWire } from '../../core/base/errors.ts';
import { makeSharedMachine } from '../../transports/threads/threads-link.ts';
import { LiveServer } from '../live/live-server.ts';
import { PeTeam } from '../pe-team.ts';
import { nodeThreads } from '../pe-thread.ts';
import type { ClassDescription, MeshMessage } from '../worker-protocol.ts';
import { GatewayNode, notConnected } from './gateway-node.ts';
import { ownIdentity, programHash } from './node-identity.ts';
import type { NodeMessage, NodeOrder, NodeStart } from './node-protocol.ts';
import { needsPulse, Pulse } from './pulse.ts';

/** The launcher hears of this node at least this often. */
const aliveEveryMs = 500;

class NodeRuntime {
  readonly #team: PeTeam;
  /** Undefined where the PE has the connections. */
  readonly #gateway: GatewayNode | undefined;
  /** Heartbeats to nodes on other machines. */
  readonly #pulse: Pulse | undefined;
  readonly #alive: NodeJS.Timeout;
  #hash: Promise<string> = Promise.resolve('');
  readonly #live: LiveServer | undefined;

  readonly #failed = (error: Error): void => tell({ kind: 'failed', error: toWire(error) });

  constructor({ mesh, pesPerNode, settings, heapMb }: NodeStart) {
    tell({ kind: 'hello', identity: ownIdentity() });
    const firstPe = mesh.node * pesPerNode;
    const machine = makeSharedMachine(pesPerNode);
    const failed = this.#failed;
    if (needsPulse(mesh)) this.#pulse = new Pulse(mesh, failed);
    const pulse = this.#pulse?.listen();
    pulse?.catch(() => undefined);
    const tellMesh = (message: MeshMessage): void => {
      if (message.kind === 'listening' && pulse !== undefined)
        pulse.then(
          (address) => tell({ ...message, pulse: address }),
          (error: unknown) => failed(notConnected(error)),
        );
      else tell(message);
    };
    if (pesPerNode > 1)
      this.#gateway = new GatewayNode({ mesh, pesPerNode, peWords: machine.peWords, tell: tellMesh, failed });
    const way = this.#gateway === undefined ? { direct: mesh } : { gateway: this.#gateway.memory };
    this.#team = new PeTeam(
      {
        machine,
        firstPe,
        jobPes: mesh.nodes * pesPerNode,
        pesPerNode,
        ...way,
        settings,
        startThread: nodeThreads({ heapMb, isCaptured: false }),
      },
      {
        loaded: (description, classes) => void this.#loaded(description, classes),
        mesh: tellMesh,
        exit: (code) => tell({ kind: 'exit', code }),
        failed,
      },
    );
    if (settings.live !== undefined)
      this.#live = new LiveServer({ job: process.ppid, node: mesh.node, program: settings.live, team: this.#team });
    this.#live?.open();
    this.#team.start();
    this.#alive = setInterval(() => tell({ kind: 'alive' }), aliveEveryMs);
  }

  order(order: NodeOrder): void {
    if (order.kind === 'program') this.#deliver(order.url);
    else if (order.kind === 'go') this.#team.go();
    else if (order.kind === 'stop') void this.#stop();
    else if (order.kind === 'connect') {
      this.#pulse?.connect(order.pulses).catch((error: unknown) => this.#failed(notConnected(error)));
      if (this.#gateway === undefined) this.#team.connect(order.addresses);
      else void this.#gateway.connect(order.addresses);
    }
  }

  #deliver(url: string): void {
    this.#hash = programHash(url);
    this.#team.deliver(url);
  }

  async #loaded(description: readonly string[], classes: readonly ClassDescription[]): Promise<void> {
    tell({ kind: 'loaded', description, classes, hash: await this.#hash.catch(() => '') });
  }

  async #stop(): Promise<void> {
    this.#gateway?.expectEnd();
    this.#pulse?.stop();
    await this.#team.stop();
    this.#gateway?.stop();
    clearInterval(this.#alive);
    this.#live?.close();
    tell({ kind: 'done' });
    process.disconnect?.();
  }
}

function tell(message: NodeMessage): void {
  // The channel may be gone, and this process with it in a moment.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

let runtime: NodeRuntime | undefined;
process.on('message', (order: NodeOrder) => {
  if (order.kind === 'start') runtime = new NodeRuntime(order.start);
  else runtime?.order(order);
});
process.on('disconnect', () => process.exit());
// A terminal's interrupt goes to the whole group; the launcher decides what it means.
process.on('SIGINT', () => undefined);
