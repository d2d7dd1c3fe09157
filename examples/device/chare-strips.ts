/** The strips as elements of a chare array: a command is a broadcast, its answer a reduction. */
import type { ArrayProxy, Charm } from 'charm4ts';
import type { DeviceStrip } from './device-strip.ts';
import type { Strips } from './linear-solver.ts';
import type { Command, Share } from './step.ts';

export class ChareStrips implements Strips {
  readonly #charm: Charm;
  readonly #array: ArrayProxy<DeviceStrip, number>;

  constructor(charm: Charm, array: ArrayProxy<DeviceStrip, number>) {
    this.#charm = charm;
    this.#array = array;
  }

  step(command: Command): Promise<readonly Share[]> {
    const shares = this.#charm.future<Share[]>();
    this.#array.all.run(command, shares);
    return shares.get();
  }
}
