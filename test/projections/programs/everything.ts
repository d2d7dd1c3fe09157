/** Does everything that a trace has a kind for. */
import { Chare, type Charm, Reducer } from 'charm4ts';

function busyFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

export class Doer extends Chare<number> {
  bytes = new Uint8Array(5000);
  steps = 0;

  poke(_bytes: Uint8Array): void {
    busyFor(0.1);
  }

  async asks(): Promise<void> {
    await this.array.at((this.index + 1) % this.array.size).ask.answer();
    busyFor(0.1);
  }

  answer(): number {
    return this.index;
  }

  sum(): Promise<unknown> {
    return this.allreduce(1, Reducer.sum);
  }

  step(): void {
    // Uneven, so that the balancer has something to do.
    busyFor(this.index === 0 || this.index === 2 ? 20 : 1);
    this.atSync();
  }

  /** Not behind an await: a continuation cannot move. */
  resumeFromSync(): void {
    if (++this.steps < 2) this.step();
  }

  tell(): void {
    const { trace } = this.charm;
    trace.event('happened');
    trace.bracket('bracket', () => busyFor(0.1));
    trace.note('a note');
    trace.statistic('statistic', 7, 1);
    trace.value(8);
  }

  unseen(): void {}

  /** In a method of its own, since what has begun while tracing was off is not recorded. */
  turn(isOn: boolean): void {
    if (isOn) this.charm.trace.on();
    else this.charm.trace.off();
  }
}

export default async function main(charm: Charm): Promise<void> {
  const doers = await charm.array(Doer, { size: 8, usesAtSync: true });
  for (let i = 0; i < 8; i++) doers.at(i).with({ priority: -3 }).poke(new Uint8Array(4000));
  doers.all.asks();
  doers.section([1, 3, 5]).answer();
  await charm.quiescence();
  doers.all.sum();
  doers.all.step();
  await charm.quiescence();
  doers.all.tell();
  await charm.quiescence();
  doers.all.turn(false);
  await charm.quiescence();
  doers.all.unseen();
  await charm.quiescence();
  doers.all.turn(true);
  await charm.quiescence();
  // Garbage, and time for the memory to be looked at.
  let kept: number[][] = [];
  const end = performance.now() + 250;
  while (performance.now() < end) {
    for (let i = 0; i < 2000; i++) kept.push(new Array<number>(50).fill(i));
    if (kept.length > 20_000) kept = [];
    await charm.sleep(1);
  }
  charm.exit();
}
