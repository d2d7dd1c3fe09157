/** Questions: answers come back right, nested, many at once, from asynchronous entries, and errors come back as errors. */
import assert from 'node:assert/strict';
import { Chare, type Charm, EntryError } from 'charm4ts';

export class Oracle extends Chare {
  _asked = 0;

  square(n: number): number {
    this._asked++;
    return n * n;
  }

  async squareLater(n: number): Promise<number> {
    await this.charm.sleep(0);
    return this.square(n);
  }

  /** Asks the next oracle, which asks the next, and so on. */
  async depth(n: number): Promise<number> {
    if (n === 0) return 0;
    return 1 + (await this.group.at((this.index + 1) % this.charm.pes).ask.depth(n - 1));
  }

  /** Asks itself: entries interleave at awaits. */
  async again(n: number): Promise<number> {
    return n === 0 ? this._asked * 0 : 1 + (await this.self.ask.again(n - 1));
  }

  fail(text: string): never {
    throw new RangeError(text);
  }

  async failLater(text: string): Promise<void> {
    await this.charm.sleep(0);
    throw new TypeError(text);
  }

  nothing(): void {}
}

export async function ask(charm: Charm): Promise<void> {
  const oracles = await charm.group(Oracle);
  for (let pe = 0; pe < charm.pes; pe++) {
    const oracle = oracles.at(pe);
    assert.equal(await oracle.ask.square(7), 49);
    assert.equal(await oracle.ask.squareLater(8), 64);
    assert.equal(await oracle.ask.nothing(), undefined);
    assert.equal(await oracle.ask.depth(10), 10);
    assert.equal(await oracle.ask.again(5), 5);
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => oracle.with({ priority: -n }).ask.square(n)));
    assert.deepEqual(
      many,
      Array.from({ length: 50 }, (_, n) => n * n),
    );
    for (const [failure, text] of [
      [oracle.ask.fail('no answer'), 'no answer'],
      [oracle.ask.failLater('no answer later'), 'no answer later'],
    ] as const) {
      const error = await failure.then(
        () => assert.fail('the question was answered'),
        (reason: unknown) => reason,
      );
      assert(error instanceof Error);
      assert(
        `${error instanceof EntryError ? String((error.cause as Error | undefined)?.message) : ''} ${error.message}`.includes(
          text,
        ),
        error.message,
      );
    }
    assert.equal(await oracle.ask.square(3), 9, 'an oracle that has failed goes on');
  }
}
