/** Whole AtSync steps: 2,048 elements on two PEs come to AtSync, are measured, move as the strategy says, and go on. */
import { type Callback, Chare, type Charm, Reducer } from '../../core/index.ts';
import { denqueLoop } from '../calibration/denque-loop.ts';
import { measure, planOf, timed } from '../sampling.ts';

const size = 2048;

export class Cell extends Chare<number> {
  private left = 0;
  private done: Callback<void> | undefined = undefined;

  sync(times: number, done: Callback<void>): void {
    this.left = times;
    this.done = done;
    this.atSync();
  }

  resumeFromSync(): void {
    if (--this.left > 0) this.atSync();
    else this.contribute(undefined, Reducer.nop, this.done as Callback<undefined>);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const cells = await charm.array(Cell, { size, usesAtSync: true });
  const run = (count: number): Promise<number> => {
    const done = charm.future();
    return timed(() => {
      cells.all.sync(count, done);
      return done.get();
    });
  };
  await measure(planOf(charm), [{ case: charm.args[1]!, figure: { run }, calibration: denqueLoop }]);
  charm.exit();
}
