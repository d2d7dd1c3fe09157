/** What happens to proxies in the hands of ordinary JavaScript. Prints one line of JSON. */
import { inspect } from 'node:util';
import { Chare, type Charm } from 'charm4ts';

export class Target extends Chare<number> {
  calls = 0;

  touch(): number {
    return ++this.calls;
  }
}

export default async function main(charm: Charm): Promise<void> {
  const array = await charm.array(Target, { size: 4 });
  const group = await charm.group(Target);
  const single = await charm.chare(Target, { onPe: 1 });
  const element = array.at(3);
  const future = charm.future<number>();
  const results = {
    awaited: [
      (await element) === element,
      (await array) === array,
      (await group) === group,
      (await array.all) === array.all,
    ],
    isSingleStillOne: (await single) === single,
    all: (await Promise.all([element, future]))[0] === element,
    json: JSON.stringify({ element, array, group, all: array.all }),
    inspected: [inspect(element), inspect(array), inspect({ group }), inspect(element.ask), inspect(array.all)],
    template: [`${element}`, `${array}`, String(group)],
    spread: [Object.keys({ ...element }), Object.keys({ ...array })],
    isIterable: Symbol.iterator in element,
    thens: [
      typeof Reflect.get(element, 'then'),
      typeof Reflect.get(element.ask, 'then'),
      typeof Reflect.get(array, 'then'),
    ],
    unknown: typeof Reflect.get(element, 'noSuchMethod'),
    structured: throws(() => structuredClone({ run: element.touch })),
    number: Number.isNaN(Number(element)),
    calls: await element.ask.touch(),
  };
  console.log(JSON.stringify(results));
  charm.exit();
}

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
