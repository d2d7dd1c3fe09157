/** A running job for the page: looks at it now and then, as `charm4ts top` does, and hands them on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from '../../launch/live/job-client.ts';
import type { LiveSample } from '../../projections/viewer/live.ts';
import { LiveFeed } from '../../projections/viewer/server/live-feed.ts';
import type { JobRates } from './rates.ts';
import { Watch } from './watch.ts';

const everyMs = 1000;
const charesMax = 10;

export interface WatchedJob {
  readonly job: number;
  readonly program: string;
  readonly feed: LiveFeed;
}

/** Begins to look; it ends with the job. @throws Error if there is no such job, that says which there are. */
export async function watchJob(job: number | undefined): Promise<WatchedJob> {
  const client = await JobClient.open(job);
  const watch = new Watch(client);
  const feed = new LiveFeed();
  const { program } = (await watch.look()).view;
  void follow(client, watch, feed);
  return { job: client.job, program, feed };
}

async function follow(client: JobClient, watch: Watch, feed: LiveFeed): Promise<void> {
  try {
    for (;;) {
      await sleep(everyMs);
      feed.push(sampleOf(await watch.look()));
    }
  } catch (error) {
    const isOver = error instanceof Error && error.message.endsWith('has ended');
    feed.end(isOver ? 'the job has ended' : `job ${client.job}: ${String(error)}`);
  } finally {
    client.close();
  }
}

export function sampleOf({ view, pes }: JobRates): LiveSample {
  const chares = view.pes.flatMap(({ pe, elements }) =>
    elements.map(({ name, load }) => ({ name, pe, seconds: load })),
  );
  chares.sort((a, b) => b.seconds - a.seconds);
  const { job, program, startedAt, silent } = view;
  return {
    job,
    program,
    startedAt,
    seconds: view.pes.reduce((most, one) => Math.max(most, one.seconds), 0),
    pes: {
      pe: pes.map(({ pe }) => pe),
      node: pes.map(({ node }) => node),
      busy: pes.map(({ busy }) => (Number.isNaN(busy) ? 0 : busy)),
      messagesPerSecond: pes.map((one) => (Number.isNaN(one.messagesPerSecond) ? 0 : one.messagesPerSecond)),
      queue: pes.map(({ queue }) => queue),
      heapBytes: pes.map(({ heapBytes }) => heapBytes),
      elements: pes.map(({ elements }) => elements),
      busiest: pes.map(({ busiest }) => busiest),
    },
    chares: chares.slice(0, charesMax),
    silent,
    lastStep: view.pes.find(({ lastStep }) => lastStep !== null)?.lastStep ?? null,
  };
}
