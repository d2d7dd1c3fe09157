/**
 * Tasks that compute and send nothing, as the processes of a cluster that many people use: each has a run time, some
 * memory, and a node where it starts. A task runs in slices, so that the tasks of a node take turns and may move between
 * slices.
 */
import { Chare, type Charm, type Future, placement } from '../../core/index.ts';
import type { ReportingProgram } from './simulate.ts';

export interface Task {
  readonly seconds: number;
  /** Of memory. Default: it needs none. */
  readonly bytes?: number;
  /** Where it starts. Default: in turn, by its index. */
  readonly pe?: number;
}

/** What moves with a task besides its memory, which is copied at the network's speed: here just its size on the wire. */
const stateBytes = 1 << 16;

/**
 * A program that runs `tasks` and reports the virtual seconds until all have ended.
 * Balancing steps, if any, are `periodSeconds` apart.
 */
export function runTasks(
  tasks: readonly Task[],
  sliceSeconds: number,
  periodSeconds: number,
): ReportingProgram<number> {
  return (report) => {
    class Runner extends Chare<number> {
      left: number;
      done: Future | undefined;
      state = new Uint8Array(stateBytes);

      constructor() {
        super();
        const { seconds, bytes = 0 } = tasks[this.index]!;
        this.left = seconds;
        this.setLoad(periodSeconds);
        if (bytes > 0) this.setMemory(bytes);
      }

      begin(done: Future): void {
        this.done = done;
        this.slice();
      }

      slice(): void {
        const seconds = Math.min(sliceSeconds, this.left);
        this.charm.work(seconds);
        this.left -= seconds;
        if (this.left > 0) this.self.slice();
        else this._end();
      }

      _end(): void {
        this.setLoad(0);
        this.setMemory(0);
        this.done!.set();
      }
    }

    const start = placement<number>('start', (index, { pes }) => tasks[index]!.pe ?? index % pes);

    const main = async (charm: Charm): Promise<void> => {
      const array = await charm.array(Runner, { size: tasks.length, map: start });
      const started = charm.now();
      const ends = tasks.map((_, index) => {
        const done = charm.future();
        array.at(index).begin(done);
        return done.get();
      });
      await Promise.all(ends);
      report(charm.now() - started);
      charm.exit();
    };
    return { default: main, Runner, start };
  };
}
