/** A token goes round a ring of chares. */
import { Chare, type Charm } from 'charm4ts';

export class Ring extends Chare<number> {
  pass(hopsLeft: number): void {
    if (hopsLeft === 0) {
      console.log(`the token ended at ${this.index} on PE ${this.charm.pe}`);
      return this.charm.exit();
    }
    this.array.at((this.index + 1) % this.array.size).pass(hopsLeft - 1);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const ring = await charm.array(Ring, { size: 1024 });
  ring.at(0).pass(1_000_000);
}
