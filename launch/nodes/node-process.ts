/**
 * A node runtime: a process with some of a job's PEs as worker threads; this thread is its communication thread.
 *
 *  1. The launcher says what to start (over the channel of the child process). The PEs' threads start, and an address is
 *     opened and told.
 *  2. Once all addresses are known the nodes connect to each other.
 *  3. The program's address goes to the PEs, what they loaded to the launcher; then `main` runs on node 0.
 *  4. What ends the job is told to the launcher, which tells all nodes to stop.
 *
 * Invariant: without its launcher a node ends at once, so that no process is left behind, however the launcher ended.
 */
import { CharmError, describeThrown, toWire } from '../../core/base/errors.ts';
import { Gateway } from '../../transports/outside/gateway.ts';
import { makeGatewayMemory } from '../../transports/outside/gateway-memory.ts';
import { type Address, SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import { makeSharedMachine } from '../../transports/threads/threads-link.ts';
import { PeTeam } from '../pe-team.ts';
import type { NodeMessage, NodeOrder, NodeStart } from './node-protocol.ts';

/** The launcher hears of this node at least this often. */
const aliveEveryMs = 500;

class NodeRuntime {
  readonly #mesh: SocketMesh;
  readonly #gateway: Gateway;
  readonly #team: PeTeam;
  readonly #alive: NodeJS.Timeout;
  #isStopping = false;

  constructor({ node, nodes, pesPerNode, settings, heapMb, secret }: NodeStart) {
    const firstPe = node * pesPerNode;
    const machine = makeSharedMachine(pesPerNode);
    const memory = makeGatewayMemory(pesPerNode);
    this.#gateway = new Gateway({
      memory,
      peWords: machine.peWords,
      firstPe,
      nodeOf: (pe) => Math.floor(pe / pesPerNode),
      onBadRecord: (why) => this.#failed(new CharmError('ERR_DECODE', why)),
    });
    this.#mesh = new SocketMesh({
      node,
      nodes,
      secret: Buffer.from(secret, 'hex'),
      events: {
        received: (kind, to, from, bytes, start, length) =>
          this.#gateway.received(kind, to, from, bytes, start, length),
        lost: (other, why) => this.#lost(node, other, why),
      },
    });
    const place = { machine, firstPe, jobPes: nodes * pesPerNode, pesPerNode, gateway: memory };
    this.#team = new PeTeam(
      { ...place, settings, heapMb, isCaptured: false },
      {
        loaded: (description, classes) => tell({ kind: 'loaded', description, classes }),
        exit: (code) => tell({ kind: 'exit', code }),
        failed: (error) => this.#failed(error),
      },
    );
    this.#team.start();
    this.#alive = setInterval(() => tell({ kind: 'alive' }), aliveEveryMs);
  }

  async listen(wanted: NodeStart['listen']): Promise<void> {
    await this.#attempt(async () => tell({ kind: 'listening', address: await this.#mesh.listen(wanted) }));
  }

  async connect(addresses: readonly Address[]): Promise<void> {
    await this.#attempt(async () => {
      await this.#mesh.connect(addresses);
      this.#gateway.start(this.#mesh);
      this.#mesh.setPaused(false);
      tell({ kind: 'connected' });
    });
  }

  deliver(url: string): void {
    this.#team.deliver(url);
  }

  go(): void {
    this.#team.go();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#team.stop();
    this.#gateway.stop();
    this.#mesh.close();
    clearInterval(this.#alive);
    tell({ kind: 'done' });
    process.disconnect?.();
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#failed(new CharmError('ERR_RESOURCES', `the nodes could not be connected: ${describeThrown(error)}`));
    }
  }

  #lost(node: number, other: number, why: string): void {
    if (this.#isStopping) return;
    this.#failed(new CharmError('ERR_NODE_LOST', `node ${node} has lost node ${other}: ${why}`));
  }

  #failed(error: Error): void {
    tell({ kind: 'failed', error: toWire(error) });
  }
}

function tell(message: NodeMessage): void {
  // The channel may be gone, and this process with it in a moment.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

let runtime: NodeRuntime | undefined;
process.on('message', (order: NodeOrder) => {
  if (order.kind === 'start') {
    runtime = new NodeRuntime(order.start);
    void runtime.listen(order.start.listen);
  } else if (order.kind === 'connect') void runtime?.connect(order.addresses);
  else if (order.kind === 'program') runtime?.deliver(order.url);
  else if (order.kind === 'go') runtime?.go();
  else void runtime?.stop();
});
process.on('disconnect', () => process.exit());
// A terminal's interrupt goes to the whole group; the launcher decides what it means.
process.on('SIGINT', () => undefined);
