/** Questions to the PE threads of a process, and their answers, which may stay away. */
import type { WorkerMessage, WorkerOrder } from '../worker-protocol.ts';
import type { PeView, ViewDetail } from './pe-view.ts';

/** A PE that has not answered by then is busy. */
const patienceMs = 500;
const balancerPatienceMs = 10_000;

interface Thread {
  readonly pe: number;
  readonly phase: string;
  tell(order: WorkerOrder): void;
}

type Answer = Extract<WorkerMessage, { readonly kind: 'seen' | 'balancerSet' }>;

export class TeamQuestions {
  readonly #threads: readonly Thread[];
  readonly #open = new Map<number, (answer: Answer) => void>();
  #next = 1;

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  answered(answer: Answer): void {
    this.#open.get(answer.id)?.(answer);
  }

  async look(detail: ViewDetail): Promise<{ readonly views: PeView[]; readonly silent: number[] }> {
    const running = this.#threads.filter(({ phase }) => phase === 'running');
    const answers = await Promise.all(
      running.map((thread) => this.#ask(thread, (id) => ({ kind: 'look', id, detail }), patienceMs)),
    );
    const views: PeView[] = [];
    const silent: number[] = [];
    for (const [i, answer] of answers.entries()) {
      if (answer?.kind === 'seen') views.push(answer.view);
      else silent.push(running[i]!.pe);
    }
    return { views, silent };
  }

  /** @throws Error if PE 0 is not here, is busy, or knows no such strategy. */
  async setBalancer(names: readonly string[]): Promise<void> {
    const first = this.#threads.find(({ pe }) => pe === 0);
    if (first === undefined) throw new Error('PE 0 is in another process of the job');
    const answer = await this.#ask(first, (id) => ({ kind: 'balancer', id, names }), balancerPatienceMs);
    if (answer?.kind !== 'balancerSet') throw new Error('PE 0 is busy in one entry method; try again');
    if (answer.error !== undefined) throw new Error(answer.error);
  }

  #ask(thread: Thread, order: (id: number) => WorkerOrder, ms: number): Promise<Answer | undefined> {
    const id = this.#next++;
    return new Promise((resolve) => {
      const end = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => end(undefined), ms);
      this.#open.set(id, end);
      thread.tell(order(id));
    });
  }
}
