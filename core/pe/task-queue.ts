/**
 * The queue that a PE picks from.
 *
 * Order: expedited tasks first, in the order they came; then by priority (priority.ts); among equal
 * priorities in the order they came, except that a LIFO task goes to the front of its priority.
 *
 * Most messages have no priority, so they have a lane of their own and a pick costs one test more than a bare
 * deque. Priorities -16 to 15 have a lane each, found through a bit mask; all others share a heap of lanes.
 */
import Denque from 'denque';
import TinyQueue from 'tinyqueue';
import type { SeededRandom } from '../base/random.ts';
import type { MessageCheck } from './message-check.ts';
import type { Pe } from './pe.ts';
import { type BitVector, comparePriorities, type Priority, toBits, toInteger } from './priority.ts';

/** One thing for a PE to do: deliver a message, run a broadcast on its elements, resume a waiting method. */
export interface Task {
  run(pe: Pe): void;
  /** Tasks of equal `source` and `target` must keep their order, even in shuffling mode. */
  readonly source: number;
  readonly target: unknown;
}

export interface TaskQueue {
  /** Set if messages are compared with what they were. */
  readonly check?: MessageCheck;
  readonly length: number;
  push(task: Task): void;
  pushPrioritised(task: Task, priority: Priority | undefined, lifo: boolean): void;
  pushExpedited(task: Task): void;
  /** Removes the most urgent task. */
  pick(): Task | undefined;
  /** Removes the tasks that are wanted; gives those of equal priority in the order in which they would be picked. Looks at every task. */
  take(isWanted: (task: Task) => boolean): Task[];
}

const smallest = -16;
const smallCount = 32;
/** Bits of the mask that stand for priorities below 0: more urgent than tasks without priority. */
const urgentMask = 0xffff;

class Lane {
  readonly bits: BitVector;
  readonly tasks = new Denque<Task>();

  constructor(bits: BitVector) {
    this.bits = bits;
  }
}

function byUrgency(a: Lane, b: Lane): number {
  return comparePriorities(a.bits, b.bits);
}

/** Moves the wanted tasks of a deque to `taken`; the others keep their order. */
function sift(tasks: Denque<Task>, isWanted: (task: Task) => boolean, taken: Task[]): void {
  for (let left = tasks.length; left > 0; left--) {
    const task = tasks.shift()!;
    if (isWanted(task)) taken.push(task);
    else tasks.push(task);
  }
}

export class PriorityQueue implements TaskQueue {
  readonly #expedited = new Denque<Task>();
  readonly #plain = new Denque<Task>();
  readonly #small: Lane[] = [];
  /** Bit i is set while lane i of `small` has tasks. */
  #mask = 0;
  readonly #lanes = new Map<string, Lane>();
  #heap = new TinyQueue<Lane>([], byUrgency);
  /** Tasks that are not in `plain`. */
  #special = 0;

  constructor() {
    for (let i = 0; i < smallCount; i++) this.#small.push(new Lane(toBits(smallest + i)));
  }

  get length(): number {
    return this.#plain.length + this.#special;
  }

  push(task: Task): void {
    this.#plain.push(task);
  }

  pushPrioritised(task: Task, priority: Priority | undefined, lifo: boolean): void {
    let lane = this.#plain;
    if (priority !== undefined) {
      lane = this.#laneOf(priority).tasks;
      this.#special++;
    }
    if (lifo) lane.unshift(task);
    else lane.push(task);
  }

  pushExpedited(task: Task): void {
    this.#expedited.push(task);
    this.#special++;
  }

  pick(): Task | undefined {
    return this.#special === 0 ? this.#plain.shift() : this.#pickSpecial();
  }

  take(isWanted: (task: Task) => boolean): Task[] {
    const taken: Task[] = [];
    if (this.#special > 0) this.#takeSpecial(isWanted, taken);
    sift(this.#plain, isWanted, taken);
    return taken;
  }

  #takeSpecial(isWanted: (task: Task) => boolean, taken: Task[]): void {
    sift(this.#expedited, isWanted, taken);
    for (const [i, { tasks }] of this.#small.entries()) {
      sift(tasks, isWanted, taken);
      if (tasks.length === 0) this.#mask &= ~(1 << i);
    }
    for (const [key, { tasks }] of this.#lanes) {
      sift(tasks, isWanted, taken);
      if (tasks.length === 0) this.#lanes.delete(key);
    }
    this.#heap = new TinyQueue([...this.#lanes.values()], byUrgency);
    this.#special -= taken.length;
  }

  #laneOf(given: Priority): Lane {
    const priority = toInteger(given);
    if (typeof priority === 'number') {
      const i = priority - smallest;
      if (i >= 0 && i < smallCount) {
        this.#mask |= 1 << i;
        return this.#small[i]!;
      }
    }
    const bits = toBits(priority);
    const key = `${bits.length}:${bits.words.join()}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(bits);
      this.#lanes.set(key, lane);
      this.#heap.push(lane);
    }
    return lane;
  }

  #pickSpecial(): Task | undefined {
    if (this.#expedited.length > 0) {
      this.#special--;
      return this.#expedited.shift();
    }
    const first = this.#heap.peek();
    const isUrgent = (this.#mask & urgentMask) !== 0 || (first !== undefined && (first.bits.words[0] ?? 0) >= 0);
    if (!isUrgent && this.#plain.length > 0) return this.#plain.shift();
    this.#special--;
    const low = this.#mask & -this.#mask;
    const small = low === 0 ? undefined : this.#small[31 - Math.clz32(low)]!;
    if (small === undefined) return this.#takeFromHeap(first!);
    if (first === undefined || comparePriorities(small.bits, first.bits) <= 0) {
      if (small.tasks.length === 1) this.#mask &= ~low;
      return small.tasks.shift();
    }
    return this.#takeFromHeap(first);
  }

  #takeFromHeap(lane: Lane): Task | undefined {
    const task = lane.tasks.shift();
    if (lane.tasks.length === 0) {
      this.#heap.pop();
      this.#lanes.delete(`${lane.bits.length}:${lane.bits.words.join()}`);
    }
    return task;
  }
}

/**
 * Picks at random, for tests: any order that a network and other PEs could have caused, since a message may
 * always have been late. Only the order promised to programs is kept: first come, first served among tasks of
 * one source and target. O(n) a pick.
 */
export class ShuffledQueue implements TaskQueue {
  readonly #tasks: Task[] = [];
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get length(): number {
    return this.#tasks.length;
  }

  push(task: Task): void {
    this.#tasks.push(task);
  }

  pushPrioritised(task: Task): void {
    this.#tasks.push(task);
  }

  pushExpedited(task: Task): void {
    this.#tasks.push(task);
  }

  pick(): Task | undefined {
    if (this.#tasks.length === 0) return undefined;
    const chosen = this.#tasks[this.#random.below(this.#tasks.length)]!;
    const first = this.#tasks.findIndex((task) => task.source === chosen.source && task.target === chosen.target);
    return this.#tasks.splice(first, 1)[0];
  }

  take(isWanted: (task: Task) => boolean): Task[] {
    const taken = this.#tasks.filter(isWanted);
    const left = this.#tasks.filter((task) => !isWanted(task));
    this.#tasks.splice(0, this.#tasks.length, ...left);
    return taken;
  }
}
