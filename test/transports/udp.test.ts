/** What UDP has beyond the other carriers: sessions that are not bound to addresses, and seals that nobody else can make. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { CarriedStream } from '../../transports/sockets/carrier.ts';
import { isHello, isWelcome, makeHello, makeWelcome, Seal } from '../../transports/udp/sealed.ts';
import { udpCarrier } from '../../transports/udp/udp-carrier.ts';
import { check } from '../support/property.ts';

const secret = randomBytes(32);

function pairOfSeals(): readonly [Seal, Seal] {
  const hello = makeHello(secret, 7);
  const welcome = makeWelcome(secret, hello, 9);
  assert.ok(isHello(secret, hello) && isWelcome(secret, hello, welcome));
  return [new Seal(secret, hello, welcome, true), new Seal(secret, hello, welcome, false)];
}

/** Between two carriers: sees and changes what passes, and can move to another port. */
class Relay {
  #front!: Socket;
  #back!: Socket;
  readonly #port: number;
  #caller = { port: 0, address: '' };
  readonly seen: Buffer[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async open(): Promise<number> {
    this.#front = createSocket('udp4', (datagram, from) => {
      this.#caller = from;
      this.seen.push(Buffer.from(datagram));
      this.#back.send(datagram, this.#port, '127.0.0.1');
    });
    this.#front.bind(0, '127.0.0.1');
    await once(this.#front, 'listening');
    await this.move();
    return this.#front.address().port;
  }

  /** From now on the listener sees the caller at another address. */
  async move(): Promise<void> {
    this.#back?.close();
    this.#back = createSocket('udp4', (datagram) => {
      this.#front.send(datagram, this.#caller.port, this.#caller.address);
    });
    this.#back.bind(0, '127.0.0.1');
    await once(this.#back, 'listening');
  }

  toListener(datagram: Buffer): void {
    this.#back.send(datagram, this.#port, '127.0.0.1');
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }
}

const cleanUp: (() => void)[] = [];
after(() => {
  for (const step of cleanUp) step();
});

async function relayed(): Promise<{
  readonly relay: Relay;
  readonly near: CarriedStream;
  readonly far: CarriedStream;
}> {
  const listener = udpCarrier({ node: 0, secret, folder: '', host: '127.0.0.1' });
  const caller = udpCarrier({ node: 1, secret, folder: '', host: '127.0.0.1' });
  const accepted = new Promise<CarriedStream>((resolve) => {
    void listener.listen(resolve).then(async (address) => {
      const relay = new Relay(Number(address.split(':')[1]));
      const near = caller.connect(`127.0.0.1:${await relay.open()}`);
      near.stream.write('!');
      opened(relay, near);
    });
  });
  let opened!: (relay: Relay, near: CarriedStream) => void;
  const sides = new Promise<{ readonly relay: Relay; readonly near: CarriedStream }>((resolve) => {
    opened = (relay, near) => resolve({ relay, near });
  });
  const far = await accepted;
  const { relay, near } = await sides;
  cleanUp.push(() => {
    near.stream.destroy();
    far.stream.destroy();
    listener.close();
    caller.close();
    // Behind the goodbyes.
    setImmediate(() => relay.close());
  });
  assert.equal(String((await once(far.stream, 'data'))[0]), '!');
  return { relay, near, far };
}

describe('a session over UDP', { timeout: 20_000 }, () => {
  it('goes on when the address of a peer changes', async () => {
    const { relay, near, far } = await relayed();
    await relay.move();
    near.stream.write('from elsewhere');
    assert.equal(String((await once(far.stream, 'data'))[0]), 'from elsewhere');
    far.stream.write('back there');
    assert.equal(String((await once(near.stream, 'data'))[0]), 'back there');
  });

  it('takes nothing from strangers: noise, changed, cut and repeated datagrams', async () => {
    const { relay, near, far } = await relayed();
    const got: string[] = [];
    far.stream.on('data', (data: Buffer) => got.push(String(data)));
    const sealed = relay.seen.filter((datagram) => datagram[0] === 3);
    for (const datagram of relay.seen) relay.toListener(datagram);
    for (const datagram of sealed) {
      for (let at = 0; at < datagram.length; at++) {
        const changed = Buffer.from(datagram);
        changed[at]! ^= 1 << (at & 7);
        relay.toListener(changed);
        relay.toListener(datagram.subarray(0, at));
      }
    }
    for (let i = 0; i < 200; i++) relay.toListener(randomBytes(i));
    near.stream.write('still here');
    await once(far.stream, 'data');
    assert.deepEqual(got, ['still here']);
  });
});

describe('the seal of a datagram', () => {
  it('opens what was closed, and nothing that was changed, sent back, or of another session', async () => {
    const content = fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat());
    await check(content, ([bytes, where]) => {
      const [caller, listener] = pairOfSeals();
      const datagram = Buffer.concat(caller.close(bytes));
      assert.ok(listener.open(datagram)?.equals(bytes));
      const changed = Buffer.from(datagram);
      changed[where % changed.length]! ^= 1 << (where % 8);
      assert.equal(listener.open(changed), undefined);
      assert.equal(caller.open(datagram), undefined);
      assert.equal(pairOfSeals()[1].open(datagram), undefined);
    });
  });

  it('hides what it holds', () => {
    const [caller] = pairOfSeals();
    const words = Buffer.from('nobody else shall read this');
    assert.equal(Buffer.concat(caller.close(words)).indexOf(words), -1);
  });

  it('is refused to callers who do not have the secret', () => {
    const other = randomBytes(32);
    const hello = makeHello(other, 7);
    assert.equal(isHello(secret, hello), false);
    assert.equal(isWelcome(secret, makeHello(secret, 7), makeWelcome(other, hello, 9)), false);
  });
});
