/** What `charm4ts top`, `ps` and `lb` do. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../../launch/live/job-client.ts';
import { pushOtlp, servePrometheus } from './exporters.ts';
import { psText, topFrame } from './frame.ts';
import type { JobRates } from './rates.ts';
import { Watch } from './watch.ts';

interface TopOptions {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly prometheus?: number;
  readonly otlp?: string;
}

export async function top(job: number | undefined, options: TopOptions): Promise<void> {
  const client = await JobClient.open(job);
  const watch = new Watch(client);
  const { interval, prometheus, otlp } = options;
  try {
    if (prometheus !== undefined) return await untilEnded(client, interval, await prometheusServer(prometheus, watch));
    // The first look only gives something to compare with.
    await watch.look();
    const isOnce =
      options.once === true || (process.stdout.isTTY !== true && options.json !== true && otlp === undefined);
    do {
      await sleep(interval * 1000);
      const rates = await watch.look();
      if (otlp !== undefined) await pushOtlp(otlp, rates);
      else show(rates, options.json === true, isOnce);
    } while (!isOnce);
  } catch (error) {
    // Watching a job to its end is no failure.
    if (!(error instanceof Error && error.message.endsWith('has ended')) || options.once === true) throw error;
    if (options.json !== true) console.error(`charm4ts: job ${client.job} has ended`);
  } finally {
    client.close();
  }
}

function show(rates: JobRates, isJson: boolean, isOnce: boolean): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(rates)}\n`);
    return;
  }
  const home = isOnce ? '' : '\u001b[H\u001b[J';
  process.stdout.write(`${home}${topFrame(rates, new Date())}\n`);
}

async function prometheusServer(port: number, watch: Watch): Promise<() => void> {
  const server = await servePrometheus(port, () => watch.look());
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

/** Serves until the job ends. */
async function untilEnded(client: JobClient, interval: number, close: () => void): Promise<void> {
  try {
    for (;;) {
      await client.view('short');
      await sleep(interval * 1000);
    }
  } finally {
    close();
  }
}

const elementsShown = 40;

export async function ps(
  job: number | undefined,
  { all, json }: { readonly all?: boolean; readonly json?: boolean },
): Promise<void> {
  const client = await JobClient.open(job);
  try {
    const view = await client.view('elements');
    const text =
      json === true ? JSON.stringify(view) : psText(view, all === true ? Number.POSITIVE_INFINITY : elementsShown);
    process.stdout.write(`${text}\n`);
  } finally {
    client.close();
  }
}

export async function lb(job: number | undefined, names: readonly string[]): Promise<void> {
  const client = await JobClient.open(job);
  try {
    await client.setBalancer(names);
    console.log(`job ${client.job} balances with ${names.join(', then ')} from its next step on`);
  } finally {
    client.close();
  }
}
