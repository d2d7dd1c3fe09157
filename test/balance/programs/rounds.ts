/** A ring of elements that pass values on between AtSync steps, while everything moves; each step of each is counted. */
import { type Callback, Chare, type Charm, Reducer } from 'charm4ts';

const rounds = 12;
const size = 48;

export class Member extends Chare {
  private readonly done: Callback<readonly number[]>;
  private round = 0;
  private resumed = 0;
  private received = 0;
  private isWaiting = false;

  constructor(done: Callback<readonly number[]>) {
    super();
    this.done = done;
  }

  begin(): void {
    this.array.at((this.index + 1) % size).take(this.index);
    this.array.at((this.index * 7) % size).take(this.index);
    this.round++;
    this.isWaiting = true;
    this.atSync();
  }

  take(_from: number): void {
    this.received++;
  }

  resumeFromSync(): void {
    if (!this.isWaiting) this.charm.abort(`${this.index} goes on twice`);
    this.isWaiting = false;
    this.resumed++;
    if (this.round < rounds) this.begin();
    else this.charm.track(this.array.at(0).ask.ping()).then(() => this.self.end());
  }

  ping(): void {}

  end(): void {
    this.contribute([this.resumed], Reducer.sum, this.done);
  }

  count(total: Callback<readonly number[]>): void {
    this.contribute([this.received], Reducer.sum, total);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const done = charm.future<readonly number[]>();
  const members = await charm.array(Member, { size, args: [done], usesAtSync: true });
  members.all.begin();
  const [resumed] = await done.get();
  await charm.quiescence();
  const total = charm.future<readonly number[]>();
  members.all.count(total);
  const [received] = await total.get();
  console.log(`${resumed} of ${rounds * size} resumed, ${received} of ${2 * rounds * size} received`);
  charm.exit();
}
