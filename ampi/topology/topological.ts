/**
 * Communicators with a topology, and collective operations among neighbours. Ranks keep their numbers: where a rank lives is
 * the business of maps and balancers, so `reorder` changes nothing.
 */
import { Call } from '../collectives/call.ts';
import { evenBlocks, unevenBlocks } from '../collectives/gather.ts';
import { type BlocksOfTypes, blockOf, Collective, type Counts, type Maybe, typedBlock } from '../comm/collective.ts';
import type { Group } from '../comm/group.ts';
import type { Comm } from '../comm/intracomm.ts';
import { PROC_NULL, UNDEFINED } from '../constants.ts';
import { type Buf, Place } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';
import type { Request } from '../messages/request.ts';
import { Cart, DistGraph, Graph, type Neighbors, type Topology } from './topology.ts';

export abstract class Topological extends Collective {
  /** @internal */
  topology: Topology | undefined = undefined;

  abstract create(group: Group): Promise<Comm | null>;
  abstract dup(): Promise<Comm>;
  abstract split(color: number, key: number): Promise<Comm | null>;

  /** What kind of topology it has. */
  topoTest(): Topology['kind'] | undefined {
    return this.topology?.kind;
  }

  // ---- grids ----

  /** A communicator whose first ranks form a grid; null for those that are left over. Collective. */
  async cartCreate(dims: readonly number[], periods: readonly boolean[], _reorder = false): Promise<Comm | null> {
    const cart = new Cart(dims, periods);
    return this.withTopology(cart, cart.size);
  }

  private async withTopology(topology: Topology, ranks: number): Promise<Comm | null> {
    if (ranks > this.size)
      throw this.fail(new MpiError('ARG', `a topology of ${ranks} ranks, in a communicator of ${this.size}`));
    const made = await this.create(this.members.incl(Array.from({ length: ranks }, (_, i) => i)));
    if (made !== null) made.topology = topology;
    return made;
  }

  private get cart(): Cart {
    if (this.topology instanceof Cart) return this.topology;
    throw this.fail(new MpiError('TOPOLOGY', `${this.getName() || 'this communicator'} has no grid`));
  }

  cartdimGet(): number {
    return this.cart.dims.length;
  }

  cartGet(): { readonly dims: readonly number[]; readonly periods: readonly boolean[]; readonly coords: number[] } {
    const { dims, periods } = this.cart;
    return { dims, periods, coords: this.cart.coords(this.rank) };
  }

  cartCoords(rank: number): number[] {
    if (!(rank >= 0 && rank < this.size)) throw this.fail(new MpiError('RANK', `there is no rank ${rank} in the grid`));
    return this.cart.coords(rank);
  }

  /** @throws MpiError RANK for coordinates outside, in dimensions that are not periodic */
  cartRank(coords: readonly number[]): number {
    const rank = this.cart.rankAt(coords);
    if (rank === undefined)
      throw this.fail(new MpiError('RANK', `there is nobody at ${coords.join(', ')} of the grid`));
    return rank;
  }

  /** The ranks that data come from and go to in a shift; PROC_NULL beyond an edge. */
  cartShift(dimension: number, displacement: number): { readonly source: number; readonly dest: number } {
    return this.cart.shift(this.rank, dimension, displacement);
  }

  /** Grids of the dimensions that remain: one for each position in the others. */
  async cartSub(remain: readonly boolean[]): Promise<Comm> {
    const { dims, periods } = this.cart;
    const coords = this.cart.coords(this.rank);
    const place = (isKept: boolean): number =>
      dims.reduce((at, extent, d) => (remain[d] === isKept ? at * extent + coords[d]! : at), 0);
    const made = (await this.split(place(false), place(true)))!;
    made.topology = new Cart(
      dims.filter((_, d) => remain[d]),
      periods.filter((_, d) => remain[d]),
    );
    return made;
  }

  /** Where a rank would be placed in such a grid; UNDEFINED if it were left over. */
  cartMap(dims: readonly number[], periods: readonly boolean[]): number {
    return this.rank < new Cart(dims, periods).size ? this.rank : UNDEFINED;
  }

  // ---- graphs ----

  /** `index[i]`: where the neighbours of rank i end in `edges`. */
  graphCreate(index: readonly number[], edges: readonly number[], _reorder = false): Promise<Comm | null> {
    return this.withTopology(new Graph([...index], [...edges]), index.length);
  }

  private get graph(): Graph {
    if (this.topology instanceof Graph) return this.topology;
    throw this.fail(new MpiError('TOPOLOGY', `${this.getName() || 'this communicator'} has no graph`));
  }

  graphdimsGet(): { readonly nodes: number; readonly edges: number } {
    return { nodes: this.graph.index.length, edges: this.graph.edges.length };
  }

  graphGet(): { readonly index: readonly number[]; readonly edges: readonly number[] } {
    return this.graph;
  }

  graphNeighbors(rank: number): number[] {
    return this.graph.neighbors(rank);
  }

  graphNeighborsCount(rank: number): number {
    return this.graph.neighbors(rank).length;
  }

  graphMap(index: readonly number[], edges: readonly number[]): number {
    return this.rank < new Graph(index, edges).index.length ? this.rank : UNDEFINED;
  }

  /** Each rank says which edges end and begin at it. */
  async distGraphCreateAdjacent(
    sources: readonly number[],
    destinations: readonly number[],
    weights: { readonly sources?: readonly number[]; readonly destinations?: readonly number[] } = {},
  ): Promise<Comm> {
    const made = await this.dup();
    const own = { sources: [...sources], destinations: [...destinations] };
    made.topology = new DistGraph(own, weights.sources, weights.destinations);
    return made;
  }

  /** Any rank may say any edges: `degrees[i]` of them, from `sources[i]` to the next of `destinations`. */
  async distGraphCreate(
    sources: readonly number[],
    degrees: readonly number[],
    destinations: readonly number[],
    weights?: readonly number[],
  ): Promise<Comm> {
    const made = await this.dup();
    const mine: number[] = [];
    let next = 0;
    for (const [i, source] of sources.entries())
      for (let k = 0; k < degrees[i]!; k++, next++) mine.push(source, destinations[next]!, weights?.[next] ?? 1);
    const counts = new Int32Array(this.size);
    await made.allgather(new Int32Array([mine.length]), counts);
    const all = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
    await made.allgatherv(new Int32Array(mine), all, counts);
    made.topology = edgesOf(all, this.rank, weights !== undefined);
    return made;
  }

  distGraphNeighborsCount(): { readonly indegree: number; readonly outdegree: number; readonly isWeighted: boolean } {
    const { sources, destinations, sourceWeights, destinationWeights } = this.distGraph;
    const isWeighted = sourceWeights !== undefined || destinationWeights !== undefined;
    return { indegree: sources.length, outdegree: destinations.length, isWeighted };
  }

  distGraphNeighbors(): DistGraph {
    return this.distGraph;
  }

  private get distGraph(): DistGraph {
    if (this.topology instanceof DistGraph) return this.topology;
    throw this.fail(new MpiError('TOPOLOGY', `${this.getName() || 'this communicator'} has no distributed graph`));
  }

  // ---- collectives among neighbours ----

  /** Sends the same to all neighbours; gets a block from each. */
  neighborAllgather(sendbuf: Buf, recvbuf: Buf): Promise<void> {
    const { into, sources } = this.incoming(recvbuf);
    const blocks = evenBlocks(into, Math.max(1, sources), 'neighborAllgather');
    const mine = Place.of(sendbuf);
    return this.exchangeWithNeighbors(
      () => mine,
      (i) => blockOf(into, blocks, i),
    );
  }

  neighborAllgatherv(sendbuf: Buf, recvbuf: Buf, counts: Counts, displs?: Maybe<Counts>): Promise<void> {
    const { into, sources } = this.incoming(recvbuf);
    const blocks = unevenBlocks(Array.from(counts), listOf(displs), sources, 'neighborAllgatherv');
    const mine = Place.of(sendbuf);
    return this.exchangeWithNeighbors(
      () => mine,
      (i) => blockOf(into, blocks, i),
    );
  }

  neighborAlltoall(sendbuf: Buf, recvbuf: Buf): Promise<void> {
    const { into, sources } = this.incoming(recvbuf);
    const from = Place.of(sendbuf);
    const out = evenBlocks(from, Math.max(1, this.neighbors.destinations.length), 'neighborAlltoall');
    const blocks = evenBlocks(into, Math.max(1, sources), 'neighborAlltoall');
    return this.exchangeWithNeighbors(
      (i) => blockOf(from, out, i),
      (i) => blockOf(into, blocks, i),
    );
  }

  neighborAlltoallv(
    sendbuf: Buf,
    sendcounts: Counts,
    sdispls: Maybe<Counts>,
    recvbuf: Buf,
    recvcounts: Counts,
    rdispls?: Maybe<Counts>,
  ): Promise<void> {
    const { into, sources } = this.incoming(recvbuf);
    const from = Place.of(sendbuf);
    const destinations = this.neighbors.destinations.length;
    const out = unevenBlocks(Array.from(sendcounts), listOf(sdispls), destinations, 'neighborAlltoallv');
    const blocks = unevenBlocks(Array.from(recvcounts), listOf(rdispls), sources, 'neighborAlltoallv');
    return this.exchangeWithNeighbors(
      (i) => blockOf(from, out, i),
      (i) => blockOf(into, blocks, i),
    );
  }

  neighborAlltoallw(send: BlocksOfTypes, recv: BlocksOfTypes): Promise<void> {
    return this.exchangeWithNeighbors(
      (i) => typedBlock(send, i),
      (i) => typedBlock(recv, i),
    );
  }

  ineighborAllgather(sendbuf: Buf, recvbuf: Buf): Request {
    return this.later('ineighborAllgather', this.neighborAllgather(sendbuf, recvbuf));
  }

  ineighborAllgatherv(sendbuf: Buf, recvbuf: Buf, counts: Counts, displs?: Maybe<Counts>): Request {
    return this.later('ineighborAllgatherv', this.neighborAllgatherv(sendbuf, recvbuf, counts, displs));
  }

  ineighborAlltoall(sendbuf: Buf, recvbuf: Buf): Request {
    return this.later('ineighborAlltoall', this.neighborAlltoall(sendbuf, recvbuf));
  }

  ineighborAlltoallv(
    sendbuf: Buf,
    sendcounts: Counts,
    sdispls: Maybe<Counts>,
    recvbuf: Buf,
    recvcounts: Counts,
    rdispls?: Maybe<Counts>,
  ): Request {
    const work = this.neighborAlltoallv(sendbuf, sendcounts, sdispls, recvbuf, recvcounts, rdispls);
    return this.later('ineighborAlltoallv', work);
  }

  ineighborAlltoallw(send: BlocksOfTypes, recv: BlocksOfTypes): Request {
    return this.later('ineighborAlltoallw', this.neighborAlltoallw(send, recv));
  }

  private get neighbors(): Neighbors {
    if (this.topology !== undefined) return this.topology.neighborsOf(this.rank);
    throw this.fail(new MpiError('TOPOLOGY', 'a collective operation among neighbours needs a topology'));
  }

  private incoming(recvbuf: Buf): { readonly into: Place; readonly sources: number } {
    return { into: Place.of(recvbuf), sources: this.neighbors.sources.length };
  }

  /**
   * In a grid, what goes in one direction comes from the other one, also where both neighbours are the same rank: each direction
   * is an operation of its own. In graphs several edges between two ranks are taken in order.
   */
  private async exchangeWithNeighbors(out: (i: number) => Place, into: (i: number) => Place): Promise<void> {
    const { sources, destinations } = this.neighbors;
    const isGrid = this.topology instanceof Cart;
    const calls = isGrid ? sources.map(() => new Call(this)) : [new Call(this)];
    const requests: (Request | undefined)[] = [];
    for (const [i, source] of sources.entries())
      if (source !== PROC_NULL) requests.push(calls[isGrid ? i ^ 1 : 0]!.irecv(into(i), source));
    for (const [i, dest] of destinations.entries())
      if (dest !== PROC_NULL) requests.push(calls[isGrid ? i : 0]!.isend(out(i).payload(), dest));
    for (const request of requests) await request?.wait();
  }
}

function listOf(counts: Maybe<Counts> | undefined): readonly number[] | undefined {
  return counts === null || counts === undefined ? undefined : Array.from(counts);
}

/** Of all edges (source, destination, weight) those at one rank. */
function edgesOf(all: Int32Array, rank: number, isWeighted: boolean): DistGraph {
  const [sources, destinations, into, out] = [[], [], [], []] as [number[], number[], number[], number[]];
  for (let i = 0; i < all.length; i += 3) {
    const [from, to, weight] = [all[i]!, all[i + 1]!, all[i + 2]!];
    if (to === rank) {
      sources.push(from);
      into.push(weight);
    }
    if (from === rank) {
      destinations.push(to);
      out.push(weight);
    }
  }
  return new DistGraph({ sources, destinations }, isWeighted ? into : undefined, isWeighted ? out : undefined);
}
