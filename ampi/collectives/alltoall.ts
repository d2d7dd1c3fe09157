/** All to all: every rank has a message for every other one. All are under way at once; partners are taken in a turn that spreads them. */
import type { Place } from '../datatype/place.ts';
import type { Call } from './call.ts';
import { copyPlace } from './gather.ts';

/** What goes to and comes from each rank. */
export async function alltoallParts(
  call: Call,
  out: (to: number) => Place,
  into: (from: number) => Place,
): Promise<void> {
  const { rank, size } = call;
  const receives = [];
  for (let i = 1; i < size; i++) {
    const from = (rank - i + size) % size;
    receives.push(call.irecv(into(from), from));
  }
  const sends = [];
  for (let i = 1; i < size; i++) {
    const to = (rank + i) % size;
    const send = call.isend(out(to).payload(), to);
    if (send !== undefined) sends.push(send);
  }
  if (rank < size) copyPlace(out(rank), into(rank));
  for (const receive of receives) await receive.wait();
  for (const send of sends) await send.wait();
}
