/** The browser nodes of a job: the server of their page, and which page is which node. */
import type { WebSocket } from 'ws';
import { balancerList, isStrategyFile } from '../balancing-options.ts';
import type { JobOptions } from '../job-options.ts';
import { bundleForBrowsers } from './browser-bundle.ts';
import { PageNode, type PageNodeOptions } from './page-node.ts';
import { closeCode, type PageScripts } from './page-protocol.ts';
import { PageServer } from './page-server.ts';

export class BrowserSeats {
  readonly #nodes: PageNode[] = [];
  #scripts: PageScripts = { url: '', strategies: {} };
  readonly #server = new PageServer((socket) => this.#join(socket));

  /** Makes a node that the next page will be. */
  add(options: Omit<PageNodeOptions, 'scripts'>): PageNode {
    const node = new PageNode({ ...options, scripts: () => this.#scripts });
    this.#nodes.push(node);
    return node;
  }

  /** Resolves with the address to open. @throws CharmError ERR_RESOURCES */
  open(): Promise<string> {
    return this.#server.open();
  }

  /** What pages load. @throws CharmError ERR_PROGRAM if it can't be had for browsers */
  async publish(program: string | URL, { balancer, ranks }: Pick<JobOptions, 'balancer' | 'ranks'>): Promise<void> {
    const url = this.#server.publish('program', await bundleForBrowsers(program, ranks));
    const files = balancerList(balancer).filter((choice) => typeof choice === 'string' && isStrategyFile(choice));
    const strategies: [string, string][] = [];
    for (const [i, file] of (files as string[]).entries())
      strategies.push([file, this.#server.publish(`strategy-${i}`, await bundleForBrowsers(file))]);
    this.#scripts = { url, strategies: Object.fromEntries(strategies) };
  }

  close(): void {
    this.#server.close();
  }

  #join(socket: WebSocket): void {
    const free = this.#nodes.find((node) => !node.hasJoined);
    if (free === undefined) {
      socket.on('error', () => undefined);
      socket.close(closeCode.full, `the job has its ${this.#nodes.length} browsers already`);
    } else free.join(socket);
  }
}
