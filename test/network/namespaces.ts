/** Hosts of a network of their own on this machine: network namespaces, each with a cable (a veth pair) to a switch (a bridge). */
import { execFileSync } from 'node:child_process';

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why there can be no network here; undefined if there can. */
export function whyNoNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can make network namespaces';
  const name = `c4t-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    execFileSync('tc', ['-V'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `there are no network namespaces, or no iproute2 and nftables: ${(error as Error).message}`;
  }
}

export class Network {
  readonly #name: string;
  readonly #hosts: number;

  constructor(name: string, hosts: number) {
    this.#name = `c4t${process.pid}${name}`;
    this.#hosts = hosts;
    const hub = this.#hub;
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge');
    ip('-n', hub, 'link', 'set', 'switch', 'up');
    for (let host = 0; host < hosts; host++) {
      const space = `${this.#name}-${host}`;
      ip('netns', 'add', space);
      ip('-n', hub, 'link', 'add', `port${host}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      ip('-n', hub, 'link', 'set', `port${host}`, 'master', 'switch');
      ip('-n', hub, 'link', 'set', `port${host}`, 'up');
      ip('-n', space, 'address', 'add', `10.77.0.1${host}/24`, 'dev', 'eth0');
      ip('-n', space, 'link', 'set', 'eth0', 'up');
      ip('-n', space, 'link', 'set', 'lo', 'up');
    }
  }

  get #hub(): string {
    return `${this.#name}-hub`;
  }

  /** For `charm4ts run`: a node on each host. */
  get flags(): readonly string[] {
    const command = `ip netns exec ${this.#name}-%n`;
    return ['--nodes', `${this.#hosts}`, '--node-host', '10.77.0.1%n', '--node-command', command];
  }

  /** Of what comes to each host over UDP this share is lost. */
  loseUdp(percent: number): void {
    for (let host = 0; host < this.#hosts; host++) {
      const rule = `meta l4proto udp numgen random mod 100 < ${percent} drop`;
      const rules = `table inet loss {
 chain arriving {
 type filter hook input priority 0
 ${rule}
 }
}
`;
      this.#inside(host, 'nft', rules);
    }
  }

  /** What each host sends goes no faster. */
  slowDown(rate: string): void {
    for (let host = 0; host < this.#hosts; host++) {
      const words = `qdisc replace dev eth0 root tbf rate ${rate} burst 16kbit latency 300ms`.split(' ');
      this.#inside(host, 'tc', ...words);
    }
  }

  /** Takes a host's cable out. */
  cut(host: number): void {
    ip('-n', this.#hub, 'link', 'set', `port${host}`, 'down');
  }

  close(): void {
    for (let host = 0; host < this.#hosts; host++) ip('netns', 'del', `${this.#name}-${host}`);
    ip('netns', 'del', this.#hub);
  }

  #inside(host: number, ...words: readonly string[]): void {
    execFileSync('ip', ['netns', 'exec', `${this.#name}-${host}`, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
