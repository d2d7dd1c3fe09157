/** A carrier that is loaded when it is first listened with, so that a job loads no transport but its own. */
import type { CarriedStream, Carrier, CarrierOptions, MakeCarrier } from './sockets/carrier.ts';

export class LaterCarrier implements Carrier {
  readonly #load: () => Promise<MakeCarrier>;
  readonly #options: CarrierOptions;
  #carrier: Carrier | undefined;
  #isUnref = false;
  #isClosed = false;

  constructor(load: () => Promise<MakeCarrier>, options: CarrierOptions) {
    this.#load = load;
    this.#options = options;
  }

  async listen(onStream: (carried: CarriedStream) => void): Promise<string> {
    const make = await this.#load();
    const carrier = make(this.#options);
    this.#carrier = carrier;
    if (this.#isUnref) carrier.unref();
    const address = await carrier.listen(onStream);
    if (this.#isClosed) carrier.close();
    return address;
  }

  /** After `listen`. */
  connect(address: string): CarriedStream {
    return this.#carrier!.connect(address);
  }

  unref(): void {
    this.#isUnref = true;
    this.#carrier?.unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#carrier?.close();
  }
}
