/** Waiting for and testing any, some or all of several requests. Null and inactive ones do not count. */
import { UNDEFINED } from '../constants.ts';
import { MpiError } from '../errors.ts';
import type { Request, RequestHost, Waiter } from './request.ts';
import { Status } from './status.ts';

type Requests = readonly (Request | null)[];

/** One of several that has ended, by its place in the list; `index` is UNDEFINED if none was active. */
export interface Completed {
  readonly index: number;
  readonly status: Status;
}

class Countdown implements Waiter {
  private left: number;
  private readonly host: RequestHost;
  private readonly requests: Requests;
  private resolve: () => void = () => undefined;

  constructor(host: RequestHost, requests: Requests, count: number) {
    this.host = host;
    this.requests = requests;
    this.left = count;
  }

  ended(): void {
    if (--this.left > 0) return;
    for (const request of this.requests) if (request?.waiter === this) request.waiter = undefined;
    this.host.waking();
    this.resolve();
  }

  /** Resolves when so many of the requests have ended. */
  wait(): Promise<void> {
    for (const request of this.requests) {
      if (request === null || !request.isPending || request.isDone) continue;
      if (request.waiter !== undefined)
        throw new MpiError('REQUEST', `${request.describe()} is being waited for already`);
      request.waiter = this;
    }
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

/** Waits for all. @throws MpiError IN_STATUS if some failed; its `errors` say which */
export async function waitAll(host: RequestHost, requests: Requests): Promise<Status[]> {
  let open = 0;
  for (const request of requests) if (request?.isPending === true && !request.isDone) open++;
  if (open > 0) await new Countdown(host, requests, open).wait();
  return collectAll(host, requests);
}

function collectAll(host: RequestHost, requests: Requests): Status[] {
  const statuses: Status[] = [];
  const errors: (MpiError | undefined)[] = [];
  let hasFailed = false;
  for (const request of requests) {
    if (request?.isPending !== true) {
      statuses.push(Status.empty());
      errors.push(undefined);
      continue;
    }
    statuses.push(request.status!);
    const failure = request.outcome();
    errors.push(failure);
    hasFailed ||= failure !== undefined;
  }
  if (hasFailed) throw manyFailed(host, requests, errors);
  return statuses;
}

function manyFailed(host: RequestHost, requests: Requests, errors: readonly (MpiError | undefined)[]): MpiError {
  const at = errors.findIndex((error) => error !== undefined);
  const message = `${errors.filter((error) => error !== undefined).length} of ${errors.length} requests failed; request ${at}: ${errors[at]!.message}`;
  return host.raise(requests[at]?.on, new MpiError('IN_STATUS', message, { errors, cause: errors[at] }));
}

/** Waits for one of them. */
export async function waitAny(host: RequestHost, requests: Requests): Promise<Completed> {
  if (!requests.some((request) => request?.isPending === true)) return { index: UNDEFINED, status: Status.empty() };
  if (!requests.some(isReady)) await new Countdown(host, requests, 1).wait();
  return takeOne(requests);
}

function isReady(request: Request | null): boolean {
  return request?.isPending === true && request.isDone;
}

async function takeOne(requests: Requests): Promise<Completed> {
  const index = requests.findIndex(isReady);
  return { index, status: await requests[index]!.wait() };
}

/** One that has ended, if there is one; undefined: none has. */
export async function testAny(host: RequestHost, requests: Requests): Promise<Completed | undefined> {
  if (!requests.some((request) => request?.isPending === true)) return { index: UNDEFINED, status: Status.empty() };
  if (!requests.some(isReady)) await host.yield();
  return requests.some(isReady) ? takeOne(requests) : undefined;
}

/** Waits until at least one has ended, and takes all that have; undefined if none was active. */
export async function waitSome(host: RequestHost, requests: Requests): Promise<Completed[] | undefined> {
  if (!requests.some((request) => request?.isPending === true)) return undefined;
  if (!requests.some(isReady)) await new Countdown(host, requests, 1).wait();
  return takeSome(host, requests);
}

export async function testSome(host: RequestHost, requests: Requests): Promise<Completed[] | undefined> {
  if (!requests.some((request) => request?.isPending === true)) return undefined;
  if (!requests.some(isReady)) await host.yield();
  return takeSome(host, requests);
}

function takeSome(host: RequestHost, requests: Requests): Completed[] {
  const done: Completed[] = [];
  const errors: (MpiError | undefined)[] = [];
  let hasFailed = false;
  for (const [index, request] of requests.entries()) {
    errors.push(undefined);
    if (request === null || !isReady(request)) continue;
    done.push({ index, status: request.status! });
    errors[index] = request.outcome();
    hasFailed ||= errors[index] !== undefined;
  }
  if (hasFailed) throw manyFailed(host, requests, errors);
  return done;
}

/** The statuses, if all have ended; otherwise nothing is taken. */
export async function testAll(host: RequestHost, requests: Requests): Promise<Status[] | undefined> {
  const isOpen = (): boolean => requests.some((request) => request?.isPending === true && !request.isDone);
  if (isOpen()) await host.yield();
  return isOpen() ? undefined : collectAll(host, requests);
}
