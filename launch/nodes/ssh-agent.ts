/** What ssh runs on another machine for `charm4ts run --hosts`: an agent over standard input and output. */
import { runAgent } from './node-agent.ts';

// `client port server port`: the launcher has reached this machine at the third.
const host = process.env.SSH_CONNECTION?.split(' ')[2] ?? '127.0.0.1';
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
await runAgent({ input: process.stdin, output: process.stdout, host, isPrinting: false });
// What was said last must be out.
process.stdout.end(() => process.exit());
