/** What load balancing keeps of one element; of those of which there is anything to keep. Travels with it. */
import type { ElementRecord } from '../chare/element.ts';
import type { Pending } from '../message/future.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';

export class LbState {
  /** Number of the AtSync step it will reach next. */
  nextSync: number;
  /** It has reached the one before and has not been released. */
  isWaiting = false;
  /** What `atSync()` gave it, and whether it awaits that, which holds it in place; neither travels. */
  pending: Pending | undefined = undefined;
  isAwaited = false;
  /** Seconds of work for each step, on a PE of speed 1, that the program has given; NaN: measured. */
  givenLoad = Number.NaN;
  /** Coordinates that the program has given. */
  position: readonly number[] | undefined = undefined;
  /** Its packed size when it last moved; 0: it never has. */
  bytes = 0;
  /** Bytes of memory that the program says it holds; 0: not said. */
  memory = 0;

  constructor(nextSync: number) {
    this.nextSync = nextSync;
  }

  static of(element: ElementRecord): LbState {
    element.lb ??= new LbState(1);
    return element.lb;
  }

  static write(writer: Writer, element: ElementRecord): void {
    writer.f64(element.load + element.ticks * 1e-9);
    const { lb } = element;
    writer.u8(lb === undefined ? 0 : 1);
    if (lb === undefined) return;
    writer.f64(lb.nextSync);
    writer.u8(lb.isWaiting ? 1 : 0);
    writer.f64(lb.givenLoad);
    writer.f64(lb.memory);
    writer.u8(lb.position?.length ?? 0);
    for (const coordinate of lb.position ?? []) writer.f64(coordinate);
  }

  static read(reader: Reader, element: ElementRecord): void {
    element.load = reader.f64();
    if (reader.u8() === 0) return;
    const lb = new LbState(reader.f64());
    element.lb = lb;
    lb.isWaiting = reader.u8() === 1;
    lb.givenLoad = reader.f64();
    lb.memory = reader.f64();
    const coordinates = reader.u8();
    if (coordinates > 0) lb.position = Array.from({ length: coordinates }, () => reader.f64());
  }
}
