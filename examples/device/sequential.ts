/** All strips in one loop: the program without the runtime, against which the parallel one is compared. */
import type { Device } from './device-file.ts';
import type { Strips } from './linear-solver.ts';
import { begin, boundaryRow, type Command, finish, isExchanging, receiveRow, type Share } from './step.ts';
import { createStrip, type Strip } from './strip.ts';

export class SequentialStrips implements Strips {
  readonly strips: readonly Strip[];

  constructor(device: Device) {
    this.strips = Array.from({ length: device.strips }, (_, index) => createStrip(device, index));
  }

  step(command: Command): Promise<readonly Share[]> {
    for (const strip of this.strips) begin(strip, command);
    if (isExchanging(command)) this.#exchange(command);
    return Promise.resolve(this.strips.map((strip) => finish(strip, command)));
  }

  #exchange(command: Command): void {
    for (let i = 1; i < this.strips.length; i++) {
      const above = this.strips[i - 1]!;
      const below = this.strips[i]!;
      receiveRow(below, command, 'above', boundaryRow(above, command, 'below'));
      receiveRow(above, command, 'below', boundaryRow(below, command, 'above'));
    }
  }
}
