/** The connections of a PE that is alone in its node runtime, in its own thread. */
import type { Pe } from '../../core/pe/pe.ts';
import type { Reader } from '../../core/pup/reader.ts';
import { DirectLink } from '../../transports/sockets/direct-link.ts';
import { SocketMesh } from '../../transports/sockets/socket-mesh.ts';
import type { MeshMessage, MeshStart } from '../worker-protocol.ts';
import { carrierOf, lostNode, notConnected } from './gateway-node.ts';
import { identityText, ownIdentity } from './node-identity.ts';

export class DirectNode {
  readonly link: DirectLink;
  readonly #mesh: SocketMesh;
  readonly #tell: (message: MeshMessage) => void;
  readonly #failed: (error: unknown) => void;
  #isStopping: () => boolean = () => false;

  /** Begins to listen. */
  constructor(start: MeshStart, tell: (message: MeshMessage) => void, failed: (error: unknown) => void) {
    this.#tell = tell;
    this.#failed = failed;
    this.#mesh = new SocketMesh({
      ...start,
      secret: Buffer.from(start.secret, 'hex'),
      identity: identityText(ownIdentity()),
      carrier: carrierOf(start),
      events: {
        received: (kind, _to, from, bytes, at, length) => this.link.received(kind, from, bytes, at, length),
        lost: (node, why) => {
          if (!this.#isStopping()) failed(lostNode(start.node, node, why));
        },
      },
    });
    // What else the program waits for is seen by what keeps the event loop going.
    this.#mesh.unref();
    this.link = new DirectLink(start.node, this.#mesh);
    void this.#attempt(async () => tell({ kind: 'listening', address: await this.#mesh.listen() }));
  }

  connect(addresses: readonly string[]): Promise<void> {
    return this.#attempt(async () => {
      await this.#mesh.connect(addresses);
      this.#tell({ kind: 'connected' });
    });
  }

  /** Frames go to `pe` from now on, by way of `receive` if somebody wants to hear of them. */
  open(pe: Pe, receive: (frame: Reader, from: number) => void = (frame) => pe.receive(frame)): void {
    this.#isStopping = () => pe.isStopped;
    this.link.open({
      receive: (frame, from) => {
        receive(frame, from);
        pe.host.wake();
      },
      failed: (error) => pe.fail(error),
      get queueLength() {
        return pe.queue.length;
      },
    });
  }

  close(): void {
    this.#isStopping = () => true;
    this.#mesh.close();
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#failed(notConnected(error));
    }
  }
}
