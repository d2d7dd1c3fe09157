/** A token goes round a ring of chares, a million hops. */
import { Chare, type Charm } from 'charm4ts';

const hops = 1_000_000;

export class Ring extends Chare<number> {
  pass(hopsLeft: number): void {
    if (hopsLeft === 0) return this.#arrived();
    this.array.at((this.index + 1) % this.array.size).pass(hopsLeft - 1);
  }

  #arrived(): void {
    console.log(`the token ended at ${this.index}`);
    const expected = hops % this.array.size;
    if (this.index !== expected) this.charm.abort(`it should have ended at ${expected}`);
    this.charm.exit();
  }
}

export default async function main(charm: Charm): Promise<void> {
  const ring = await charm.array(Ring, { size: 1024 });
  ring.at(0).pass(hops);
}
