/** A UDP socket behind which datagrams get lost, come twice, or later than those behind them. */
import { createSocket } from 'node:dgram';
import { SeededRandom } from '../../core/base/random.ts';
import type { OpenSocket } from '../../transports/udp/udp-carrier.ts';

export interface Weather {
  /** Shares of datagrams. */
  readonly loss: number;
  readonly double: number;
  readonly delay: number;
}

const delayMs = 3;

export function faultySocket(seed: number, { loss, double, delay }: Weather): OpenSocket {
  const random = new SeededRandom(seed);
  return (host, received) =>
    new Promise((resolve, reject) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      socket.once('error', reject);
      socket.on('message', (datagram, { port, address }) => received(datagram, port, address));
      let isClosed = false;
      let leaving = 0;
      const send = (datagram: Buffer, port: number, address: string): void => {
        if (isClosed) return;
        leaving++;
        socket.send(datagram, port, address, () => {
          leaving--;
          if (isClosed && leaving === 0) socket.close();
        });
      };
      socket.bind(0, host, () =>
        resolve({
          send: (pieces, port, address) => {
            const datagram = Buffer.concat(pieces);
            if (random.next() < loss) return;
            for (let copies = random.next() < double ? 2 : 1; copies > 0; copies--) {
              if (random.next() < delay) setTimeout(send, delayMs, datagram, port, address);
              else send(datagram, port, address);
            }
          },
          port: socket.address().port,
          keptBytes: 1 << 20,
          unref: () => void socket.unref(),
          close: () => {
            // After what comes late.
            setTimeout(() => {
              isClosed = true;
              if (leaving === 0) socket.close();
            }, 2 * delayMs);
          },
        }),
      );
    });
}
