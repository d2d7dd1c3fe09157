/** Traffic between node runtimes of every size, both ways at once, checked byte for byte; and ways to end badly. */
import { Chare, type Charm, type Future, Reducer } from 'charm4ts';

/** Small, at the edges of records and parts, and larger than a ring. */
const sizes = [0, 1, 8, 63, 255, 4095, 4096, 65_535, 65_536, 65_537, 262_144, 1_048_577, 3_000_001];

export class Peer extends Chare<number> {
  seen = 0;

  /** Sends patterns to every other PE, and counts what comes. */
  begin(rounds: number, done: Future<number>): void {
    for (let round = 0; round < rounds; round++) {
      for (let to = 0; to < this.charm.pes; to++) {
        if (to === this.index) continue;
        for (const size of sizes)
          this.group.at(to).take(pattern(size, this.index, round), this.index, round, rounds, done);
      }
    }
  }

  take(data: Uint8Array, from: number, round: number, rounds: number, done: Future<number>): void {
    const expected = pattern(data.length, from, round);
    if (Buffer.compare(data, expected) !== 0)
      this.charm.abort(`${data.length} bytes from ${from} are not what was sent`);
    this.seen++;
    const all = rounds * (this.charm.pes - 1) * sizes.length;
    if (this.seen === all) this.contribute(this.seen, Reducer.sum, done);
  }

  where(): readonly [pid: number, node: number, nodes: number] {
    return [process.pid, this.charm.node, this.charm.nodes];
  }

  say(lines: number): void {
    for (let line = 0; line < lines; line++) console.log(`line ${line} of PE ${this.index}`);
  }

  die(): void {
    process.kill(process.pid, 'SIGKILL');
  }

  stop(): void {
    process.kill(process.pid, 'SIGSTOP');
  }
}

function pattern(size: number, from: number, round: number): Uint8Array {
  const data = new Uint8Array(size);
  for (let i = 0; i < size; i++) data[i] = (i * 31 + (i >>> 8) + from * 7 + round) & 255;
  return data;
}

const cases: Record<string, (charm: Charm) => Promise<void>> = {
  async traffic(charm) {
    const peers = await charm.group(Peer);
    const done = charm.future<number>();
    peers.all.begin(2, done);
    const seen = await done.get();
    const places = [];
    for (let pe = 0; pe < charm.pes; pe++) places.push(await peers.at(pe).ask.where());
    const processes = new Set(places.map(([pid]) => pid)).size;
    const nodes = places.map(([, node]) => node).join(' ');
    console.log(`${seen} messages, ${processes} processes, nodes ${nodes} of ${charm.nodes}`);
    charm.exit();
  },
  async lines(charm) {
    (await charm.group(Peer)).all.say(500);
    await charm.quiescence();
    charm.exit(7);
  },
  async killed(charm) {
    (await charm.group(Peer)).at(charm.pes - 1).die();
    await new Promise(() => undefined);
  },
  async silent(charm) {
    (await charm.group(Peer)).at(charm.pes - 1).stop();
    await new Promise(() => undefined);
  },
  async stuck(charm) {
    await charm.future().get();
  },
  async forEver() {
    console.log('ready');
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  },
};

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
