import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Affinity } from '../../lb-strategies/affinity.ts';
import { communicationGraph } from '../../lb-strategies/communication-graph.ts';
import { IndexedHeap } from '../../lb-strategies/indexed-heap.ts';
import { Placement } from '../../lb-strategies/placement.ts';
import { qualityOf } from '../../lb-strategies/quality.ts';
import { RoomTree } from '../../lb-strategies/room-tree.ts';
import { anyStatistics } from '../support/lb-statistics.ts';
import { check } from '../support/property.ts';

const capacity = 12;
const changes = fc.array(fc.tuple(fc.nat(capacity - 1), fc.option(fc.integer({ min: 0, max: 5 }))), { maxLength: 60 });

describe('IndexedHeap', () => {
  it('has the least key on top, whatever was set and removed, lowest number first among equals', () =>
    check(changes, (steps) => {
      const heap = new IndexedHeap(capacity);
      const model = new Map<number, number>();
      for (const [member, key] of steps) {
        if (key === null) {
          heap.remove(member);
          model.delete(member);
        } else {
          heap.set(member, key);
          model.set(member, key);
        }
        const [least] = [...model].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
        assert.equal(heap.peek(), least?.[0] ?? -1);
        assert.equal(heap.size, model.size);
      }
    }));
});

describe('RoomTree', () => {
  it('finds the last PE with enough room, and the largest room', () =>
    check(fc.tuple(changes, fc.integer({ min: 0, max: 6 })), ([steps, work]) => {
      const tree = new RoomTree(capacity);
      const rooms = new Array<number>(capacity).fill(Number.NEGATIVE_INFINITY);
      for (const [pe, room] of steps) {
        rooms[pe] = room ?? Number.NEGATIVE_INFINITY;
        tree.set(pe, rooms[pe]!);
      }
      assert.equal(tree.largest, Math.max(...rooms));
      assert.equal(
        tree.lastWithAtLeast(work),
        rooms.findLastIndex((room) => room >= work),
      );
    }));
});

describe('communicationGraph', () => {
  it('has the bytes of both directions and of repeated edges in the rows of both ends, once', () => {
    const edges = {
      count: 4,
      from: Int32Array.of(0, 1, 0, 2),
      to: Int32Array.of(1, 0, 1, 0),
      bytes: Float64Array.of(1, 10, 100, 1000),
    };
    const { offset, neighbour, bytes } = communicationGraph(3, edges);
    assert.deepEqual([...offset], [0, 2, 3, 4]);
    assert.deepEqual([...neighbour], [1, 2, 0, 0]);
    assert.deepEqual([...bytes], [111, 1000, 111, 1000]);
  });
});

describe('Affinity and Placement', () => {
  it('know after any moves what measuring anew would say', () =>
    check(fc.tuple(anyStatistics, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 })), ([statistics, moves]) => {
      const placement = new Placement(statistics);
      const { objectCount, peCount } = placement;
      const affinity = new Affinity(communicationGraph(objectCount, statistics.edges), placement);
      if (objectCount === 0) return;
      for (const [object, pe] of moves) affinity.move(object % objectCount, pe % peCount);
      const quality = qualityOf(statistics, placement.at);
      assert(Math.abs(affinity.external - quality.externalBytes) < 1e-6);
      assert.equal(placement.migrations, quality.migrations);
      const anew = new Placement(statistics);
      anew.become(placement.at);
      for (let pe = 0; pe < peCount; pe++) assert(Math.abs(placement.load[pe]! - anew.load[pe]!) < 1e-9);
    }));
});
