/**
 * Broadcast. Short data go down a binomial tree, log2 P hops. Long ones are scattered down the same tree and then passed round a
 * ring, so that each rank sends and receives about twice the data, however many ranks there are.
 */
import { bytesOf, type Payload } from '../datatype/place.ts';
import type { Call } from './call.ts';

/** Measured on two cores: below this the log2 P hops cost less than P - 1 short ones. */
const ringBytesMin = 1 << 19;

export function bcastBytes(call: Call, payload: Payload, root: number): Promise<void> {
  if (call.size > 2 && payload.byteLength >= ringBytesMin) return scatterRing(call, bytesOf(payload), root);
  return binomial(call, payload, root);
}

async function binomial(call: Call, payload: Payload, root: number): Promise<void> {
  const { rank, size } = call;
  const me = (rank - root + size) % size;
  let mask = 1;
  while (mask < size && (me & mask) === 0) mask *= 2;
  if (me !== 0) await call.recv(payload, (rank - mask + size) % size);
  const sends = [];
  for (mask = mask >>> 1; mask > 0; mask >>>= 1) {
    if (me + mask >= size) continue;
    const send = call.isend(payload, (rank + mask) % size);
    if (send !== undefined) sends.push(send);
  }
  for (const send of sends) await send.wait();
}

async function scatterRing(call: Call, bytes: Uint8Array, root: number): Promise<void> {
  const { rank, size } = call;
  const me = (rank - root + size) % size;
  const block = Math.ceil(bytes.length / size);
  const part = (from: number, to: number): Uint8Array =>
    bytes.subarray(Math.min(from * block, bytes.length), Math.min(to * block, bytes.length));
  let mask = 1;
  while (mask < size && (me & mask) === 0) mask *= 2;
  if (me !== 0) await call.recv(part(me, Math.min(me + mask, size)), (rank - mask + size) % size);
  for (mask = mask >>> 1; mask > 0; mask >>>= 1) {
    if (me + mask < size) await call.send(part(me + mask, Math.min(me + 2 * mask, size)), (rank + mask) % size);
  }
  const [next, before] = [(rank + 1) % size, (rank + size - 1) % size];
  for (let step = 0; step < size - 1; step++) {
    const mine = (me - step + size) % size;
    const theirs = (me - step - 1 + size) % size;
    await call.exchange(part(mine, mine + 1), next, part(theirs, theirs + 1), before);
  }
}
