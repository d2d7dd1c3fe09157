/** What is seen of a running job, for monitoring systems: Prometheus' text format, and OpenTelemetry's JSON over HTTP. */
import { createServer, type Server } from 'node:http';
import type { JobRates } from './rates.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly unit: string;
  readonly values: readonly { readonly pe: number; readonly node: number; readonly value: number }[];
}

export function metricsOf({ view, pes }: JobRates): Metric[] {
  const metric = (
    name: string,
    help: string,
    type: Metric['type'],
    unit: string,
    value: (i: number) => number,
  ): Metric => ({
    name,
    help,
    type,
    unit,
    values: pes.map(({ pe, node }, i) => ({ pe, node, value: value(i) })).filter((one) => !Number.isNaN(one.value)),
  });
  return [
    metric(
      'charm4ts_busy_ratio',
      'Share of the time in which the PE had something to do.',
      'gauge',
      '1',
      (i) => pes[i]!.busy,
    ),
    metric('charm4ts_queue_messages', 'Messages in the queue of the PE.', 'gauge', '{message}', (i) => pes[i]!.queue),
    metric('charm4ts_heap_bytes', 'Heap in use by the PE.', 'gauge', 'By', (i) => pes[i]!.heapBytes),
    metric('charm4ts_elements', 'Elements of collections on the PE.', 'gauge', '{element}', (i) => pes[i]!.elements),
    metric(
      'charm4ts_messages_processed_total',
      'Messages that the PE has processed.',
      'counter',
      '{message}',
      (i) => view.pes[i]!.processed,
    ),
    metric(
      'charm4ts_messages_created_total',
      'Messages that the PE has created.',
      'counter',
      '{message}',
      (i) => view.pes[i]!.created,
    ),
    metric(
      'charm4ts_idle_seconds_total',
      'Time in which the PE had nothing to do.',
      'counter',
      's',
      (i) => view.pes[i]!.idleSeconds,
    ),
  ];
}

/** Text exposition format 0.0.4. */
export function prometheusText(rates: JobRates): string {
  const lines: string[] = [];
  for (const { name, help, type, values } of metricsOf(rates)) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { pe, node, value } of values)
      lines.push(`${name}{job_id="${rates.view.job}",node="${node}",pe="${pe}"} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Serves the metrics on this machine only; each request looks at the job. */
export function servePrometheus(port: number, look: () => Promise<JobRates>): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    look().then(
      (rates) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(prometheusText(rates)),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** The body of OTLP/HTTP `POST /v1/metrics`. */
export function otlpMetrics(rates: JobRates, startedAt: Date, now: Date): object {
  const nanoseconds = (time: Date): string => `${time.getTime()}000000`;
  const attribute = (key: string, value: number | string): object => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  });
  const metrics = metricsOf(rates).map(({ name, help, type, unit, values }) => {
    const dataPoints = values.map(({ pe, node, value }) => ({
      attributes: [attribute('pe', pe), attribute('node', node)],
      startTimeUnixNano: nanoseconds(startedAt),
      timeUnixNano: nanoseconds(now),
      asDouble: value,
    }));
    const data =
      type === 'gauge'
        ? { gauge: { dataPoints } }
        : { sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } };
    return { name, description: help, unit, ...data };
  });
  const resource = {
    attributes: [
      attribute('service.name', 'charm4ts'),
      attribute('charm4ts.job', rates.view.job),
      attribute('charm4ts.program', rates.view.program),
    ],
  };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'charm4ts' }, metrics }] }] };
}

/** @throws Error if the collector refuses. */
export async function pushOtlp(url: string, rates: JobRates): Promise<void> {
  const body = JSON.stringify(otlpMetrics(rates, new Date(rates.view.startedAt), new Date()));
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
}
