/**
 * Heartbeats between the nodes of a job that are not all on this machine's loopback: only they notice that a cable was cut.
 *
 *  1. Each node's main thread, which runs no program, opens connections of its own to all others, by the job's transport. So
 *     heartbeats wait behind no message, and a PE that computes does not keep them back.
 *  2. Every `everyMs` each node sends each other one its number and the last number that it has heard.
 *  3. A node that is not heard for `deadMs`, or does not hear us, is lost (reliable/failure-detector.ts). If this process itself was
 *     not running meanwhile, it waits anew: a job that was paused as a whole goes on.
 *
 * How connections end says nothing here; that is seen by those that carry messages, and is not always an end of the node.
 */
import { CharmError } from '../../core/base/errors.ts';
import { FailureDetector, type PeerState } from '../../transports/reliable/failure-detector.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import type { MeshStart } from '../worker-protocol.ts';
import { carrierOf } from './gateway-node.ts';

const everyMs = 250;
/** With what it takes to look and to report it stays below 5 s. */
const deadMs = 4000;
const suspectMs = 2000;
const gapMs = 1000;
/** Transports that leave the machine, and can be listened with twice. */
const transports: readonly string[] = ['tcp', 'ws', 'udp'];

export function needsPulse({ host, transport }: Pick<MeshStart, 'host' | 'transport'>): boolean {
  return transports.includes(transport) && !/^(127\.|::1$|localhost$)/.test(host);
}

export class Pulse {
  readonly #node: number;
  readonly #nodes: number;
  readonly #mesh: SocketMesh;
  readonly #failed: (error: CharmError) => void;
  /** The payload of a heartbeat: who it is from. */
  readonly #name = new Uint8Array(4);
  #detector: FailureDetector | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(start: MeshStart, failed: (error: CharmError) => void) {
    this.#node = start.node;
    this.#nodes = start.nodes;
    this.#failed = failed;
    new DataView(this.#name.buffer).setUint32(0, start.node, true);
    this.#mesh = new SocketMesh({
      node: start.node,
      nodes: start.nodes,
      secret: Buffer.from(start.secret, 'hex'),
      carrier: carrierOf(start),
      events: {
        received: (_kind, number, heard, bytes, at, length) => {
          if (length !== this.#name.length) return;
          const peer = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);
          this.#detector?.heard(peer, { number, heard }, performance.now());
        },
        lost: () => undefined,
      },
    });
  }

  listen(): Promise<string> {
    return this.#mesh.listen();
  }

  async connect(addresses: readonly string[]): Promise<void> {
    await this.#mesh.connect(addresses);
    const peers = Array.from({ length: this.#nodes }, (_, node) => node).filter((node) => node !== this.#node);
    const changed = (peer: number, state: PeerState, quietMs: number): void => {
      if (state === 'dead') this.#failed(this.#lost(peer, quietMs));
    };
    const options = { everyMs, suspectMs, deadMs, gapMs };
    this.#detector = new FailureDetector(options, peers, performance.now(), changed);
    this.#timer = setInterval(() => this.#beat(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#mesh.close();
  }

  #beat(): void {
    for (const [peer, { number, heard }] of this.#detector!.beat(performance.now()))
      this.#mesh.send(peer, 0, number, heard, this.#name, 0, this.#name.length);
    this.#mesh.flush();
  }

  #lost(peer: number, quietMs: number): CharmError {
    const seconds = (quietMs / 1000).toFixed(1);
    const message = `node ${this.#node} has not heard of node ${peer} for ${seconds} s; its machine, or the network in between, is gone`;
    return new CharmError('ERR_NODE_LOST', message);
  }
}
