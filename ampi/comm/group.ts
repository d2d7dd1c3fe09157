/** `Group`: an ordered set of ranks, without a context to communicate in. Immutable. */
import { PROC_NULL, UNDEFINED } from '../constants.ts';
import { MpiError } from '../errors.ts';

export type Comparison = 'identical' | 'congruent' | 'similar' | 'unequal';
/** First, last and stride, as in MPI: the last one may not be hit. */
export type RankRange = readonly [first: number, last: number, stride: number];

export class Group {
  /** Numbers of the ranks in the whole job, in the order of this group. */
  readonly gids: readonly number[];
  private readonly mine: number;
  private index: Map<number, number> | undefined = undefined;

  /** `mine` is the number of the rank that holds this object. */
  constructor(gids: readonly number[], mine: number) {
    this.gids = gids;
    this.mine = mine;
  }

  get size(): number {
    return this.gids.length;
  }

  /** Of the calling rank; UNDEFINED if it is not in the group. */
  get rank(): number {
    return this.rankOf(this.mine);
  }

  /** Of a rank of the job; UNDEFINED if it is not in the group. */
  rankOf(gid: number): number {
    this.index ??= new Map(this.gids.map((member, rank) => [member, rank]));
    return this.index.get(gid) ?? UNDEFINED;
  }

  private with(gids: readonly number[]): Group {
    return new Group(gids, this.mine);
  }

  /** Where ranks of this group are in another; UNDEFINED for those that are not. */
  translateRanks(ranks: readonly number[], other: Group): number[] {
    return ranks.map((rank) => (rank === PROC_NULL ? PROC_NULL : other.rankOf(this.gids[this.check(rank)]!)));
  }

  compare(other: Group): Comparison {
    if (this.size !== other.size) return 'unequal';
    if (this.gids.every((gid, rank) => other.gids[rank] === gid)) return 'identical';
    return this.gids.every((gid) => other.rankOf(gid) !== UNDEFINED) ? 'similar' : 'unequal';
  }

  /** This group's ranks, then those of the other that are not in it. */
  union(other: Group): Group {
    return this.with([...this.gids, ...other.gids.filter((gid) => this.rankOf(gid) === UNDEFINED)]);
  }

  /** In the order of this group. */
  intersection(other: Group): Group {
    return this.with(this.gids.filter((gid) => other.rankOf(gid) !== UNDEFINED));
  }

  /** In the order of this group. */
  difference(other: Group): Group {
    return this.with(this.gids.filter((gid) => other.rankOf(gid) === UNDEFINED));
  }

  /** These ranks, in this order. */
  incl(ranks: readonly number[]): Group {
    this.checkDistinct(ranks);
    return this.with(ranks.map((rank) => this.gids[rank]!));
  }

  /** All but these. */
  excl(ranks: readonly number[]): Group {
    this.checkDistinct(ranks);
    const out = new Set(ranks);
    return this.with(this.gids.filter((_, rank) => !out.has(rank)));
  }

  rangeIncl(ranges: readonly RankRange[]): Group {
    return this.incl(ranges.flatMap(expand));
  }

  rangeExcl(ranges: readonly RankRange[]): Group {
    return this.excl(ranges.flatMap(expand));
  }

  /** Nothing needs to be done; here so that programs read as in the standard. */
  free(): void {}

  private check(rank: number): number {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.size) return rank;
    throw new MpiError('RANK', `there is no rank ${rank} in a group of ${this.size}`);
  }

  private checkDistinct(ranks: readonly number[]): void {
    for (const rank of ranks) this.check(rank);
    if (new Set(ranks).size < ranks.length) throw new MpiError('RANK', `a rank is listed twice: ${ranks.join(', ')}`);
  }
}

function expand([first, last, stride]: RankRange): number[] {
  if (stride === 0) throw new MpiError('ARG', 'a range of ranks has the stride 0');
  const ranks: number[] = [];
  for (let rank = first; stride > 0 ? rank <= last : rank >= last; rank += stride) ranks.push(rank);
  if (ranks.length === 0 && first !== last) throw new MpiError('ARG', `the range ${first}:${last}:${stride} is empty`);
  return ranks;
}
