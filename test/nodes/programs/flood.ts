/** PEs that send more than others take: what waits must not fill the memory, and nobody may wait for ever. */
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

const payloadBytes = 2048;

export class Flood extends Chare<number> {
  readonly #payload = new Uint8Array(payloadBytes);
  #before = process.memoryUsage.rss();
  #grown = 0;
  seen = 0;

  /** Sends `left` messages to another PE, by a message to itself for each hundred. */
  push(to: number, left: number): void {
    for (let i = 0; i < 100; i++) this.group.at(to).take(this.#payload, 0);
    this.#look();
    if (left > 100) this.group.at(this.index).push(to, left - 100);
  }

  /** The same in one entry method that never returns meanwhile. */
  async pour(to: number, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.charm.ready();
      this.group.at(to).take(this.#payload, 0);
      if (i % 100 === 0) this.#look();
    }
  }

  #look(): void {
    this.#grown = Math.max(this.#grown, process.memoryUsage.rss() - this.#before);
  }

  /** Computes for as long as it is told. */
  take(payload: Uint8Array, microseconds: number): void {
    const until = performance.now() + (this.index === 1 ? 20 : microseconds) / 1000;
    while (performance.now() < until);
    this.seen += payload.length / payloadBytes;
  }

  report(expected: number, grown: Future<number>): void {
    if (this.seen !== expected) this.charm.abort(`${this.seen} of ${expected} messages came to PE ${this.index}`);
    this.contribute(this.#grown, Reducer.max, grown);
  }
}

/** Numbers of messages: pushed or poured from the first PE to the last, and back. */
export default async function main(charm: Charm): Promise<void> {
  const [how = 'push', there = '0', back = '0'] = charm.args;
  const flood = await charm.group(Flood);
  const last = charm.pes - 1;
  for (const [from, to, count] of [
    [0, last, Number(there)],
    [last, 0, Number(back)],
  ] as const) {
    if (count === 0) continue;
    if (how === 'push') flood.at(from).push(to, count);
    else flood.at(from).pour(to, count);
  }
  await charm.quiescence();
  const grown = charm.future<number>();
  for (let pe = 0; pe < charm.pes; pe++)
    flood.at(pe).report(pe === 0 ? Number(back) : pe === last ? Number(there) : 0, grown);
  console.log(`grown by ${Math.ceil((await grown.get()) / 2 ** 20)} MiB`);
  charm.exit();
}
