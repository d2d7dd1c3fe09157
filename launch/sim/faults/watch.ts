/**
 * How the nodes of a simulated job find out that one of them, or one of their PEs, is lost; see docs/simulator.md.
 *
 *  1. Node 0 and every other node send each other heartbeats (transports/reliable/failure-detector.ts), from their
 *     communication threads: a PE that computes does not hinder them.
 *  2. Node 0 takes a node for dead: the job ends with a report that names it. Another node takes node 0 for dead: it stops, with
 *     ERR_PARTITIONED, so that never two halves run on.
 *  3. The end of a PE's thread is seen by its own node at once; a channel that gets no answer, or is refused because the peer
 *     has been replaced, by the node that has it. Both tell node 0 with every heartbeat until the job ends.
 *  4. A PE that was started again is refused by everyone, and ends.
 */
import { PeLostError } from '../../../core/base/errors.ts';
import type { SeededRandom } from '../../../core/base/random.ts';
import { FailureDetector, type PeerState } from '../../../transports/reliable/failure-detector.ts';
import type { EventQueue } from '../../../transports/sim/event-queue.ts';
import type { HeartbeatOptions } from '../../../transports/sim/faults/fault-options.ts';
import type { SimNetwork } from '../../../transports/sim/sim-network.ts';

export interface WatchOptions {
  readonly nodes: number;
  readonly heartbeat: HeartbeatOptions;
  readonly queue: EventQueue;
  readonly network: SimNetwork;
  readonly random: SeededRandom;
  readonly nodeOf: (pe: number) => number;
  readonly stopNode: (node: number) => void;
  readonly log: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

/** Until a node's main thread hears that one of its worker threads has ended. */
const exitNoticeSeconds = 0.005;

class NodeWatch {
  readonly detector: FailureDetector;
  isGone = false;
  pausedUntil = 0;
  clockAhead = 0;
  /** What it has to tell node 0. */
  report: PeLostError | undefined = undefined;

  constructor(detector: FailureDetector) {
    this.detector = detector;
  }
}

export class Watch {
  hasLoss = false;
  readonly #o: WatchOptions;
  readonly #nodes: NodeWatch[];

  constructor(options: WatchOptions) {
    this.#o = options;
    const { nodes, heartbeat, network, nodeOf, log } = options;
    const others = Array.from({ length: nodes - 1 }, (_, i) => i + 1);
    this.#nodes = Array.from({ length: nodes }, (_, node) => {
      const peers = node === 0 ? others : [0];
      const changed = (peer: number, state: PeerState, quietMs: number): void =>
        this.#changed(node, peer, state, quietMs);
      return new NodeWatch(new FailureDetector(heartbeat, peers, 0, changed));
    });
    network.links!.watcher = {
      refused: (pe, peer) => {
        if (network.links!.incarnationOf(pe) > 1) {
          log(`PE ${pe}, incarnation ${network.links!.incarnationOf(pe)}, is refused by PE ${peer}, and ends`);
          return network.links!.crash(pe);
        }
        this.#report(nodeOf(pe), peLost(peer, `it was started again, and is not the one that PE ${pe} knew`));
      },
      silent: (pe, peer, ms) => {
        const what = `PE ${pe} has had no answer from it for ${seconds(ms)}`;
        this.#report(nodeOf(pe), nodeLost(nodeOf(peer), what));
      },
    };
  }

  start(): void {
    if (this.#o.nodes === 1) return;
    for (const node of this.#nodes.keys()) this.#beatLater(node, this.#o.random.next());
  }

  pause(node: number, forSeconds: number): void {
    const watch = this.#nodes[node]!;
    watch.pausedUntil = Math.max(watch.pausedUntil, this.#o.queue.now) + forSeconds;
  }

  leapClock(node: number, ms: number): void {
    this.#nodes[node]!.clockAhead += ms;
  }

  peCrashed(pe: number): void {
    this.hasLoss = true;
    const node = this.#o.nodeOf(pe);
    this.#o.queue.later(exitNoticeSeconds, () => this.#report(node, peLost(pe, 'its thread has ended')));
  }

  nodeCrashed(node: number): void {
    this.hasLoss = true;
    this.#nodes[node]!.isGone = true;
    // Its launcher would see the process end; a machine that is gone has nobody to see it.
    if (this.#o.nodes === 1) this.#o.fail(nodeLost(0, 'it was the only one'));
  }

  #nowOf(node: number): number {
    return this.#o.queue.now * 1000 + this.#nodes[node]!.clockAhead;
  }

  #beatLater(node: number, share: number): void {
    const { queue, heartbeat } = this.#o;
    queue.later((heartbeat.everyMs / 1000) * share, () => this.#beat(node));
  }

  #beat(node: number): void {
    const { queue, network } = this.#o;
    const watch = this.#nodes[node]!;
    if (watch.isGone) return;
    if (watch.pausedUntil > queue.now) {
      queue.later(watch.pausedUntil - queue.now, () => this.#beat(node));
      return;
    }
    for (const [peer, heartbeat] of watch.detector.beat(this.#nowOf(node)))
      network.sendWord(node, peer, () => this.#whenAwake(peer, () => this.#heard(peer, node, heartbeat)));
    this.#tellNode0(node);
    if (!watch.isGone) this.#beatLater(node, 1);
  }

  #heard(node: number, from: number, heartbeat: { readonly number: number; readonly heard: number }): void {
    this.#nodes[node]!.detector.heard(from, heartbeat, this.#nowOf(node));
  }

  /** A node that stands still hears what has come when it goes on. */
  #whenAwake(node: number, action: () => void): void {
    const { queue } = this.#o;
    const watch = this.#nodes[node]!;
    if (watch.isGone) return;
    if (watch.pausedUntil <= queue.now) action();
    else queue.later(watch.pausedUntil - queue.now, () => this.#whenAwake(node, action));
  }

  #changed(node: number, peer: number, state: PeerState, quietMs: number): void {
    const { log, stopNode, fail } = this.#o;
    if (state !== 'dead') return log(`node ${node}: node ${peer} is ${state}`);
    log(`node ${node}: node ${peer} is dead`);
    const lost = nodeLost(
      peer,
      `node ${node} has not heard from it, or it not from node ${node}, for ${seconds(quietMs)}`,
    );
    // If node 0 is really gone, its launcher ends the job.
    if (node === 0 || this.#nodes[peer]!.isGone) return fail(lost);
    log(`node ${node} stops: ERR_PARTITIONED`);
    this.#nodes[node]!.isGone = true;
    this.hasLoss = true;
    stopNode(node);
  }

  #report(node: number, error: PeLostError): void {
    const watch = this.#nodes[node]!;
    if (watch.isGone) return;
    watch.report ??= error;
    this.#tellNode0(node);
  }

  #tellNode0(node: number): void {
    const { report } = this.#nodes[node]!;
    if (report === undefined) return;
    if (node === 0) this.#o.fail(report);
    else this.#o.network.sendWord(node, 0, () => this.#whenAwake(0, () => this.#o.fail(report)));
  }
}

function peLost(pe: number, why: string): PeLostError {
  return new PeLostError('ERR_PE_LOST', `PE ${pe} was lost: ${why}. Without a checkpoint the job cannot go on.`, {
    pe,
  });
}

function nodeLost(node: number, why: string): PeLostError {
  return new PeLostError('ERR_NODE_LOST', `node ${node} was lost: ${why}. Without a checkpoint the job cannot go on.`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
