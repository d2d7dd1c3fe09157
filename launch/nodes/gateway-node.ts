/** The connections of a node runtime with several PEs: its gateway over a mesh of sockets. */
import { CharmError, describeThrown } from '../../core/base/errors.ts';
import { loadCarrier } from '../../transports/index.ts';
import { LaterCarrier } from '../../transports/later.ts';
import { Gateway } from '../../transports/outside/gateway.ts';
import { type GatewayMemory, makeGatewayMemory } from '../../transports/outside/gateway-memory.ts';
import type { Carrier } from '../../transports/sockets/carrier.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import type { MeshMessage, MeshStart } from '../worker-protocol.ts';
import { identityText, ownIdentity } from './node-identity.ts';

export interface GatewayNodeOptions {
  readonly mesh: MeshStart;
  readonly pesPerNode: number;
  /** By which PEs are woken. */
  readonly peWords: Int32Array;
  readonly tell: (message: MeshMessage) => void;
  readonly failed: (error: Error) => void;
}

export class GatewayNode {
  readonly memory: GatewayMemory;
  readonly #options: GatewayNodeOptions;
  readonly #mesh: SocketMesh;
  readonly #gateway: Gateway;
  #isStopping = false;

  /** Begins to listen. */
  constructor(options: GatewayNodeOptions) {
    this.#options = options;
    const { mesh, pesPerNode, peWords, failed } = options;
    this.memory = makeGatewayMemory(pesPerNode);
    const gateway = new Gateway({
      memory: this.memory,
      peWords,
      firstPe: mesh.node * pesPerNode,
      nodeOf: (pe) => Math.floor(pe / pesPerNode),
      soon: setImmediate,
      onBadRecord: (why) => failed(new CharmError('ERR_DECODE', why)),
    });
    this.#gateway = gateway;
    this.#mesh = new SocketMesh({
      ...mesh,
      secret: Buffer.from(mesh.secret, 'hex'),
      identity: identityText(ownIdentity()),
      carrier: carrierOf(mesh),
      events: {
        received: (kind, to, from, bytes, start, length) => gateway.received(kind, to, from, bytes, start, length),
        lost: (node, why) => {
          if (!this.#isStopping) failed(lostNode(mesh.node, node, why));
        },
      },
    });
    void this.#attempt(async () => options.tell({ kind: 'listening', address: await this.#mesh.listen() }));
  }

  connect(addresses: readonly string[]): Promise<void> {
    return this.#attempt(async () => {
      await this.#mesh.connect(addresses);
      this.#gateway.start(this.#mesh);
      this.#options.tell({ kind: 'connected' });
    });
  }

  /** From now on it is no failure that other nodes end. */
  expectEnd(): void {
    this.#isStopping = true;
  }

  stop(): void {
    this.#gateway.stop();
    this.#mesh.close();
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#options.failed(notConnected(error));
    }
  }
}

export function carrierOf({ transport, secret, ...options }: MeshStart): Carrier {
  return new LaterCarrier(() => loadCarrier(transport), { ...options, secret: Buffer.from(secret, 'hex') });
}

export function lostNode(here: number, node: number, why: string): CharmError {
  return new CharmError('ERR_NODE_LOST', `node ${here} has lost node ${node}: ${why}`);
}

export function notConnected(cause: unknown): CharmError {
  const message = `the nodes could not be connected: ${describeThrown(cause)}`;
  return new CharmError('ERR_RESOURCES', message, undefined, { cause });
}
