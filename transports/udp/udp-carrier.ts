/**
 * Node runtimes talk over UDP. Addresses: `host:port`.
 *
 *  1. `connect` says hello until it is welcomed (sealed.ts). Both prove that they have the job's secret: a stranger's
 *     datagram costs a proof that fails, and is neither answered nor kept.
 *  2. Whoever is greeted keeps at most `callersMax` that have said nothing else yet; with the first datagram that was sealed
 *     for this session it becomes a stream.
 *  3. A session is known by its number, not by where its datagrams come from: when a peer's address changes, the next
 *     datagram that it has sealed tells the new one.
 *  4. The end of a stream is told by a datagram without content, sent `goodbyes` times. What was lost of it does no harm: heartbeats
 *     tell whether a peer is there.
 *
 * Datagrams are as large as goes through an Ethernet in one piece, on the loopback interface larger. Reliable, in order, with
 * a window, selective acknowledgement and pacing they become by reliable/reliable-channel.ts.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { CarriedStream, Carrier, CarrierOptions, MakeCarrier } from '../sockets/carrier.ts';
import { DatagramStream } from './datagram-stream.ts';
import { DatagramKind, isHello, isWelcome, makeHello, makeWelcome, Seal, sealBytes } from './sealed.ts';

/** What is asked of a socket, so that a test can put a network with faults in its place. */
export interface DatagramSocket {
  send(pieces: readonly Uint8Array[], port: number, address: string): void;
  readonly port: number;
  /** Bytes that the system keeps for us while we do not read. */
  readonly keptBytes: number;
  unref(): void;
  /** What has been sent before still goes out. */
  close(): void;
}

export type OpenSocket = (
  host: string,
  received: (datagram: Buffer, port: number, address: string) => void,
) => Promise<DatagramSocket>;

const callersMax = 64;
const helloEveryMs = 100;
const goodbyes = 3;
/** 1,500 of Ethernet without the heads of IPv6 and UDP. */
const ethernetBytes = 1452;
const loopbackBytes = 8192;
const bufferBytes = 4 << 20;
const windowBytesMax = 1 << 20;

interface Session {
  readonly id: number;
  readonly hello: Buffer;
  welcome: Buffer | undefined;
  seal: Seal | undefined;
  stream: DatagramStream | undefined;
  port: number;
  address: string;
}

export const udpCarrier: MakeCarrier = (options) => new UdpCarrier(options, openSocket);

export class UdpCarrier implements Carrier {
  readonly #options: CarrierOptions;
  readonly #open: OpenSocket;
  #opening: Promise<DatagramSocket> | undefined;
  #socket: DatagramSocket | undefined;
  #onStream: ((carried: CarriedStream) => void) | undefined;
  #isUnref = false;
  /** By their numbers here. */
  readonly #sessions = new Map<number, Session>();
  /** Greeted, and not heard of since; the oldest first. By the hello. */
  readonly #callers = new Map<string, Session>();

  constructor(options: CarrierOptions, open: OpenSocket) {
    this.#options = options;
    this.#open = open;
  }

  async listen(onStream: (carried: CarriedStream) => void): Promise<string> {
    this.#onStream = onStream;
    const { port } = await this.#opened();
    return hostAndPort(this.#options.host, port);
  }

  connect(address: string): CarriedStream {
    const { host, port } = splitAddress(address);
    const id = this.#newId();
    const hello = makeHello(this.#options.secret, id);
    const session: Session = { id, hello, welcome: undefined, seal: undefined, stream: undefined, port, address: host };
    const stream = this.#streamOf(session);
    this.#sessions.set(id, session);
    void this.#call(session, stream);
    return { stream, unref: () => stream.unref() };
  }

  unref(): void {
    this.#isUnref = true;
    this.#socket?.unref();
  }

  close(): void {
    this.#onStream = undefined;
    for (const { id } of this.#callers.values()) this.#sessions.delete(id);
    this.#callers.clear();
    this.#closeIfUnused();
  }

  // ---- the socket ----

  #opened(): Promise<DatagramSocket> {
    this.#opening ??= this.#open(this.#options.host, (datagram, port, address) =>
      this.#received(datagram, port, address),
    ).then((socket) => {
      this.#socket = socket;
      if (this.#isUnref) socket.unref();
      return socket;
    });
    return this.#opening;
  }

  #closeIfUnused(): void {
    if (this.#onStream !== undefined || this.#sessions.size > 0) return;
    const opening = this.#opening;
    this.#opening = undefined;
    this.#socket = undefined;
    void opening?.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }

  // ---- sessions ----

  #newId(): number {
    for (;;) {
      const id = randomInt(1, 2 ** 32);
      if (!this.#sessions.has(id)) return id;
    }
  }

  async #call(session: Session, stream: DatagramStream): Promise<void> {
    try {
      const socket = await this.#opened();
      const call = (): void => {
        if (session.welcome !== undefined || stream.destroyed) return clearInterval(timer);
        socket.send([session.hello], session.port, session.address);
      };
      const timer = setInterval(call, helloEveryMs);
      if (this.#isUnref) timer.unref();
      call();
    } catch (error) {
      stream.destroy(error as Error);
    }
  }

  #streamOf(session: Session): DatagramStream {
    const isLoopback = /^(127\.|::1$|localhost$)/.test(session.address);
    const stream = new DatagramStream({
      localNonce: 1,
      peerNonce: 1,
      packetBytesMax: (isLoopback ? loopbackBytes : ethernetBytes) - sealBytes,
      windowBytes: Math.min(windowBytesMax, (this.#socket?.keptBytes ?? windowBytesMax) >> 2),
      isCalling: session.seal === undefined,
      transmit: (packet) => this.#transmit(session, packet),
      closed: () => this.#closed(session),
    });
    session.stream = stream;
    return stream;
  }

  #transmit({ seal, port, address }: Session, packet: Uint8Array): void {
    if (seal !== undefined) this.#socket?.send(seal.close(packet), port, address);
  }

  #closed(session: Session): void {
    for (let i = 0; i < goodbyes; i++) this.#transmit(session, new Uint8Array(0));
    this.#sessions.delete(session.id);
    this.#closeIfUnused();
  }

  // ---- what comes ----

  #received(datagram: Buffer, port: number, address: string): void {
    if (datagram.length < 8) return;
    if (datagram[0] === DatagramKind.data) this.#takeData(datagram, port, address);
    else if (datagram[0] === DatagramKind.welcome) this.#takeWelcome(datagram, port, address);
    else if (datagram[0] === DatagramKind.hello) this.#takeHello(datagram, port, address);
  }

  #takeHello(datagram: Buffer, port: number, address: string): void {
    const { secret } = this.#options;
    if (this.#onStream === undefined || !isHello(secret, datagram)) return;
    const name = datagram.toString('latin1');
    let session = this.#callers.get(name);
    if (session === undefined) {
      const hello = Buffer.from(datagram);
      // One that has become a stream is not greeted again.
      for (const { hello: known } of this.#sessions.values()) if (known.equals(hello)) return;
      const id = this.#newId();
      const welcome = makeWelcome(secret, hello, id);
      session = { id, hello, welcome, seal: new Seal(secret, hello, welcome, false), stream: undefined, port, address };
      this.#callers.set(name, session);
      this.#sessions.set(id, session);
      this.#forgetCallers();
    }
    session.port = port;
    session.address = address;
    this.#socket?.send([session.welcome!], port, address);
  }

  #forgetCallers(): void {
    if (this.#callers.size <= callersMax) return;
    const [name, { id }] = this.#callers.entries().next().value!;
    this.#callers.delete(name);
    this.#sessions.delete(id);
  }

  #takeWelcome(datagram: Buffer, port: number, address: string): void {
    const { secret } = this.#options;
    const session = this.#sessions.get(datagram.readUInt32LE(4));
    if (session === undefined || session.welcome !== undefined || !isWelcome(secret, session.hello, datagram)) return;
    session.welcome = Buffer.from(datagram);
    session.seal = new Seal(secret, session.hello, session.welcome, true);
    session.port = port;
    session.address = address;
    session.stream!.welcomed();
  }

  #takeData(datagram: Buffer, port: number, address: string): void {
    const session = this.#sessions.get(datagram.readUInt32LE(4));
    const content = session?.seal?.open(datagram);
    if (session === undefined || content === undefined) return;
    session.port = port;
    session.address = address;
    let { stream } = session;
    if (stream === undefined) {
      this.#callers.delete(session.hello.toString('latin1'));
      const made = this.#streamOf(session);
      stream = made;
      this.#onStream!({ stream: made, unref: () => made.unref() });
    }
    if (content.length > 0) stream.receive(content);
    else stream.ended();
  }
}

function hostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

const openSocket: OpenSocket = (host, received) =>
  new Promise((resolve, reject) => {
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: bufferBytes,
      sendBufferSize: bufferBytes,
      // Without it every datagram would wait a turn for its address to be looked up.
      lookup: (name, options, found) => {
        const family = isIP(name);
        if (family === 0) lookup(name, options, found);
        else found(null, name, family);
      },
    });
    socket.once('error', reject);
    socket.on('message', (datagram: Buffer, { port, address }: RemoteInfo) => received(datagram, port, address));
    let isClosed = false;
    let leaving = 0;
    const hasLeft = (): void => {
      leaving--;
      if (isClosed && leaving === 0) socket.close();
    };
    socket.bind(0, host, () => {
      socket.off('error', reject).on('error', () => undefined);
      resolve({
        // What the system does not take (no route, a full queue, a filter) is a datagram lost.
        send: (pieces, port, address) => {
          if (isClosed) return;
          leaving++;
          socket.send(pieces, port, address, hasLeft);
        },
        port: socket.address().port,
        keptBytes: socket.getRecvBufferSize(),
        unref: () => void socket.unref(),
        close: () => {
          isClosed = true;
          if (leaving === 0) socket.close();
        },
      });
    });
  });
