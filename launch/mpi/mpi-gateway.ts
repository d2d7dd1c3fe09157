/** MPI in the communication thread of a node runtime with several PEs. */
import { CharmError } from '../../core/base/errors.ts';
import { MpiLibrary } from '../../transports/mpi/mpi-library.ts';
import { MpiTransport } from '../../transports/mpi/mpi-transport.ts';
import { Gateway } from '../../transports/outside/gateway.ts';
import { type GatewayMemory, makeGatewayMemory } from '../../transports/outside/gateway-memory.ts';
import type { MpiStart } from '../worker-protocol.ts';
import { lastWord, leaveTogether } from './leaving.ts';
import { checkPlace } from './mpi-place.ts';

export interface MpiGatewayOptions {
  readonly start: MpiStart;
  readonly pesPerNode: number;
  /** By which PEs are woken. */
  readonly peWords: Int32Array;
  readonly onControl: (node: number, text: string) => void;
  readonly failed: (error: Error) => void;
}

export class MpiGateway {
  readonly memory: GatewayMemory;
  readonly #start: MpiStart;
  readonly #gateway: Gateway;
  readonly #transport: MpiTransport;
  #lastWords = 0;

  /** @throws CharmError ERR_RESOURCES */
  static async open(options: MpiGatewayOptions): Promise<MpiGateway> {
    const mpi = await MpiLibrary.open();
    checkPlace(options.start, mpi);
    return new MpiGateway(mpi, options);
  }

  private constructor(mpi: MpiLibrary, { start, pesPerNode, peWords, onControl, failed }: MpiGatewayOptions) {
    this.#start = start;
    this.memory = makeGatewayMemory(pesPerNode);
    this.#gateway = new Gateway({
      memory: this.memory,
      peWords,
      firstPe: start.node * pesPerNode,
      nodeOf: (pe) => Math.floor(pe / pesPerNode),
      onBadRecord: (why) => failed(new CharmError('ERR_DECODE', why)),
      soon: setImmediate,
    });
    this.#transport = new MpiTransport(mpi, {
      received: (kind, to, from, bytes, at, length) => this.#gateway.received(kind, to, from, bytes, at, length),
      control: (node, text) => {
        if (text === lastWord) this.#lastWords++;
        else onControl(node, text);
      },
    });
    this.#gateway.startPolled(this.#transport);
  }

  sendControl(node: number, text: string): void {
    this.#transport.sendControl(node, text);
  }

  /** Ends MPI, together with all other nodes. PEs send nothing more. */
  async leave(): Promise<void> {
    this.#gateway.stop();
    await leaveTogether({
      ...this.#start,
      lastWords: () => this.#lastWords,
      say: (node, text) => this.sendControl(node, text),
      poll: () => void this.#transport.poll(),
      isDrained: () => this.#transport.isDrained,
    });
    this.#transport.close();
  }
}
