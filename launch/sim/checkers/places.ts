/** I3 and I7: where elements are. */
import type { Collection } from '../../../core/chare/collection.ts';
import type { ElementRecord } from '../../../core/chare/element.ts';
import type { Pe } from '../../../core/pe/pe.ts';
import type { TraceSink } from '../../../core/pe/trace-sink.ts';
import { Checker, type RunEnd } from './checker.ts';
import { nameOf } from './messages.ts';

const inFlight = -1;

export class ExistenceChecker extends Checker {
  readonly name = 'I3';
  readonly promise = 'every element is in exactly one place, or in exactly one flight';
  readonly #places = new Map<string, number>();

  override sinkOf(pe: number): Partial<TraceSink> {
    const move = (element: ElementRecord, what: string, from: number | undefined, to: number | undefined): void => {
      const name = nameOf(element);
      const place = this.#places.get(name);
      if (place !== from) this.violated(`${element.label} ${what} PE ${pe}, but was ${describe(place)}`);
      if (to === undefined) this.#places.delete(name);
      else this.#places.set(name, to);
    };
    return {
      created: (element) => move(element, 'is created on', undefined, pe),
      died: (element) => move(element, 'dies on', pe, undefined),
      left: (element) => move(element, 'leaves', pe, inFlight),
      arrived: (element) => move(element, 'arrives on', inFlight, pe),
    };
  }

  /** What the PEs themselves say. */
  override ended({ pes, isClean }: RunEnd): void {
    if (!isClean) return;
    let count = 0;
    for (const pe of pes)
      for (const collection of pe.collections.all())
        for (const element of collection.elements) {
          count++;
          const place = this.#places.get(nameOf(element));
          if (place !== pe.id) this.violated(`PE ${pe.id} has ${element.label}, which was ${describe(place)}`);
        }
    const there = [...this.#places.values()].filter((place) => place !== inFlight).length;
    if (there !== count) this.violated(`births minus deaths are ${there}, and there are ${count} elements`);
  }
}

function describe(place: number | undefined): string {
  if (place === undefined) return 'nowhere';
  return place === inFlight ? 'on its way' : `on PE ${place}`;
}

/** More elements than this are not looked up at each quiescence. */
const elementsMax = 100_000;

export class HomeChecker extends Checker {
  readonly name = 'I7';
  readonly promise = 'when nothing is under way, the home PE of an element knows where it is';

  override quiescent(pes: readonly Pe[]): void {
    let count = 0;
    for (const pe of pes) {
      for (const collection of pe.collections.all()) {
        if (!collection.shape.isArray || !collection.isReady) continue;
        count += collection.elements.length;
        if (count > elementsMax) return;
        this.#checkCollection(pe, collection, pes);
      }
    }
  }

  #checkCollection(pe: Pe, collection: Collection, pes: readonly Pe[]): void {
    for (const element of collection.elements) {
      const home = collection.location.homeOf(element.key);
      if (home === pe.id) continue;
      const there = pes[home]!.collections.numbered(collection.id);
      const known = there?.location.placeOf(element.key);
      if (known !== pe.id)
        this.violated(
          `${element.label} is on PE ${pe.id}, but its home PE ${home} says ${known === undefined ? 'nothing' : `PE ${known}`}`,
        );
    }
  }
}
