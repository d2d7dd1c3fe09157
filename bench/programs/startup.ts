/** Says when its first entry method runs: on the last PE, after a group has been created on all. */
import { Chare, type Charm } from '../../core/index.ts';

export class First extends Chare<number> {
  run(): void {
    console.log(JSON.stringify({ nowNs: process.hrtime.bigint().toString() }));
    this.charm.exit();
  }
}

export default async function main(charm: Charm): Promise<void> {
  const group = await charm.group(First);
  group.at(charm.pes - 1).run();
}
