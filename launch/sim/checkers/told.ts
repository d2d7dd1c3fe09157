/** I8, I9 and I12: what checkpoints, load balancing and AMPI tell, not through trace events. */
import type { LbStep } from '../../../core/balance/balancing.ts';
import { Checker } from './checker.ts';

export class RecoveryChecker extends Checker {
  readonly name = 'I8';
  readonly promise = 'after a recovery every state is that of the last committed checkpoint, and the epoch has risen';
  /** By checkpoint: the hash of each element's state. */
  readonly #saved = new Map<number, Map<string, string>>();
  #committed = -1;
  #epoch = 0;
  #restored: Set<string> | undefined = undefined;

  saved(checkpoint: number, element: string, hash: string): void {
    const states = this.#saved.get(checkpoint) ?? new Map<string, string>();
    this.#saved.set(checkpoint, states.set(element, hash));
  }

  committed(checkpoint: number): void {
    if (checkpoint <= this.#committed) this.violated(`checkpoint ${checkpoint} is committed after ${this.#committed}`);
    if (!this.#saved.has(checkpoint))
      this.violated(`checkpoint ${checkpoint} is committed, and nothing of it was saved`);
    this.#committed = checkpoint;
  }

  recoveryBegan(epoch: number, checkpoint: number): void {
    if (epoch <= this.#epoch) this.violated(`a recovery begins epoch ${epoch} after ${this.#epoch}`);
    if (checkpoint !== this.#committed)
      this.violated(`a recovery takes checkpoint ${checkpoint}; the last one committed is ${this.#committed}`);
    this.#epoch = epoch;
    this.#restored = new Set();
  }

  restored(element: string, hash: string): void {
    const saved = this.#saved.get(this.#committed)?.get(element);
    if (saved === undefined) this.violated(`${element} is restored, and was not in the checkpoint`);
    else if (saved !== hash) this.violated(`the state of ${element} is not the one that was saved`);
    if (this.#restored?.has(element) === true) this.violated(`${element} is restored twice`);
    this.#restored?.add(element);
  }

  recoveryEnded(): void {
    const missing = [...(this.#saved.get(this.#committed)?.keys() ?? [])].filter((name) => !this.#restored?.has(name));
    if (missing.length > 0) this.violated(`${missing.length} elements are not restored, for instance ${missing[0]}`);
  }

  /** A message of an epoch has been handled. */
  handled(epoch: number): void {
    if (epoch < this.#epoch) this.violated(`a message of epoch ${epoch} is handled in epoch ${this.#epoch}`);
  }
}

/** Loads are sums in another order. */
const tolerance = 1e-6;

export class BalancingChecker extends Checker {
  readonly name = 'I9';
  readonly promise = 'a strategy sees all load that was recorded, and every object at most one new place';

  step({ statistics, moves, report }: LbStep): void {
    // Distributed strategies see no statistics of all PEs.
    if (statistics === undefined) return;
    const { objects, pes } = statistics;
    const seen = sum(objects.load) + sum(pes.background);
    const recorded = sum(report.loadsBefore);
    const label = `step ${report.step} (${report.strategy})`;
    if (Math.abs(seen - recorded) > tolerance * Math.max(1, Math.abs(recorded)))
      this.violated(`${label}: the strategy sees ${seen} s, recorded are ${recorded} s`);
    const moved = new Set<number>();
    for (const { object, to } of moves) {
      if (moved.has(object)) this.violated(`${label}: object ${object} moves twice`);
      moved.add(object);
      if (!(object >= 0 && object < objects.count)) this.violated(`${label}: there is no object ${object}`);
      else if (objects.isMigratable[object] === 0) this.violated(`${label}: object ${object} is pinned and moves`);
      if (!(to >= 0 && to < pes.count)) this.violated(`${label}: object ${object} goes to PE ${to}`);
    }
    if (report.migrations > moves.length)
      this.violated(`${label}: ${report.migrations} objects have moved, by ${moves.length} moves`);
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Who sends to whom, under which tag. */
export interface Lane {
  readonly communicator: number;
  readonly source: number;
  readonly target: number;
  readonly tag: number;
}

export class NonOvertakingChecker extends Checker {
  readonly name = 'I12';
  readonly promise = 'messages of one source, target, tag and communicator are received in the order sent';
  readonly #sent = new Map<string, number[]>();

  /** `number` names the message. */
  sent(lane: Lane, number: number): void {
    const numbers = this.#sent.get(nameOfLane(lane));
    if (numbers === undefined) this.#sent.set(nameOfLane(lane), [number]);
    else numbers.push(number);
  }

  received(lane: Lane, number: number): void {
    const numbers = this.#sent.get(nameOfLane(lane)) ?? [];
    const place = numbers.indexOf(number);
    const label = `message ${number} from rank ${lane.source} to ${lane.target}, tag ${lane.tag}`;
    if (place === -1) this.violated(`${label} was not sent, or received before`);
    else {
      if (place > 0) this.violated(`${label} overtakes ${place}`);
      numbers.splice(place, 1);
    }
  }
}

function nameOfLane({ communicator, source, target, tag }: Lane): string {
  return `${communicator}:${source}:${target}:${tag}`;
}
