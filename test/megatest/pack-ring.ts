/** Structured data with typed arrays goes round a ring; each element changes its copy and sends that on. */
import assert from 'node:assert/strict';
import { Chare, type Charm, type Future } from 'charm4ts';

interface Parcel {
  readonly hops: number;
  readonly cells: Float64Array;
  readonly marks: Uint8Array;
  readonly labels: Map<string, Int16Array>;
}

const ringSize = 20;

export class PackElement extends Chare {
  pass(parcel: Parcel, done: Future<Parcel>): void {
    const { hops, cells, marks, labels } = parcel;
    for (let i = 0; i < cells.length; i++) assert.equal(cells[i], i * 0.5 + hops);
    assert.equal(marks.length, 101 + hops);
    assert.equal(labels.get(`hop ${hops}`)?.[0], hops);
    if (hops === 2 * ringSize) return done.set(parcel);
    const next = hops + 1;
    this.array.at(next % ringSize).pass(
      {
        hops: next,
        cells: cells.map((x) => x + 1),
        marks: new Uint8Array(101 + next),
        labels: new Map([...labels, [`hop ${next}`, Int16Array.of(next)]]),
      },
      done,
    );
  }
}

export async function packRing(charm: Charm): Promise<void> {
  const ring = await charm.array(PackElement, { size: ringSize, map: 'roundRobin' });
  const done = charm.future<Parcel>();
  const cells = Float64Array.from({ length: 700 }, (_, i) => i * 0.5);
  ring.at(0).pass({ hops: 0, cells, marks: new Uint8Array(101), labels: new Map([['hop 0', Int16Array.of(0)]]) }, done);
  const { labels, hops } = await done.get();
  assert.equal(hops, 2 * ringSize);
  assert.equal(labels.size, 2 * ringSize + 1);
}
