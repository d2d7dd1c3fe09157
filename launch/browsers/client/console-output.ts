/** What a program in a browser writes to the console goes to whoever started the job, too. */

export type OnOutput = (stream: 'stdout' | 'stderr', text: string) => void;

const streams = {
  log: 'stdout',
  info: 'stdout',
  debug: 'stdout',
  warn: 'stderr',
  error: 'stderr',
} as const;

export function passOnConsole(onOutput: OnOutput): void {
  for (const [name, stream] of Object.entries(streams)) {
    const method = name as keyof typeof streams;
    const original = console[method].bind(console);
    console[method] = (...values: unknown[]) => {
      original(...values);
      onOutput(stream, values.map(show).join(' '));
    };
  }
}

/** Simpler than Node.js shows values: as JSON, where they are no text. */
function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? value.message;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
  } catch {
    return String(value);
  }
}
