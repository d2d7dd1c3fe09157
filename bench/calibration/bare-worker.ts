/**
 * Calibration `bare-worker`: a Node.js process that starts one worker thread, which says when it runs. A program of
 * its own; the bench takes the time from starting the process to that moment.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (nowNs: string) => console.log(JSON.stringify({ nowNs })));
} else {
  parentPort!.postMessage(process.hrtime.bigint().toString());
}
