/** What changed in a running job between two looks at it. */
import type { WholeView } from '../../launch/live/job-client.ts';

export interface PeRates {
  readonly pe: number;
  readonly node: number;
  /** Share of the time in which it had something to do, 0 to 1; messages processed a second; NaN at the first look. */
  readonly busy: number;
  readonly messagesPerSecond: number;
  readonly queue: number;
  readonly heapBytes: number;
  readonly elements: number;
  readonly busiest: string;
}

export interface JobRates {
  readonly view: WholeView;
  readonly pes: readonly PeRates[];
  readonly busy: number;
  readonly messagesPerSecond: number;
  readonly queue: number;
  readonly heapBytes: number;
}

/** Without an earlier look: since the start. */
export function ratesOf(view: WholeView, before: WholeView | undefined): JobRates {
  const pes = view.pes.map((now): PeRates => {
    const then = before?.pes.find(({ pe }) => pe === now.pe);
    const seconds = now.seconds - (then?.seconds ?? 0);
    const idle = now.idleSeconds - (then?.idleSeconds ?? 0);
    const load = now.collections.reduce((sum, collection) => sum + collection.load, 0);
    const [busiest] = now.elements;
    const share = busiest === undefined || load === 0 ? '' : ` ${((100 * busiest.load) / load).toFixed(0)} %`;
    return {
      pe: now.pe,
      node: now.node,
      busy: seconds <= 0 ? Number.NaN : Math.min(1, Math.max(0, 1 - idle / seconds)),
      messagesPerSecond: seconds <= 0 ? Number.NaN : (now.processed - (then?.processed ?? 0)) / seconds,
      queue: now.queue,
      heapBytes: now.heapBytes,
      elements: now.collections.reduce((sum, { elements }) => sum + elements, 0),
      busiest: busiest === undefined ? '' : `${busiest.name}${share}`,
    };
  });
  const sum = (value: (pe: PeRates) => number): number => pes.reduce((total, pe) => total + value(pe), 0);
  return {
    view,
    pes,
    // Those that do not answer are busy.
    busy: (sum(({ busy }) => busy) + view.silent.length) / Math.max(1, pes.length + view.silent.length),
    messagesPerSecond: sum((pe) => pe.messagesPerSecond),
    queue: sum(({ queue }) => queue),
    heapBytes: sum(({ heapBytes }) => heapBytes),
  };
}
