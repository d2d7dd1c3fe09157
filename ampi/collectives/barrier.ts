/** Barrier by dissemination: in round k a rank tells the one 2^k further, and hears from the one 2^k before. log2 P rounds. */
import { type Call, nothing } from './call.ts';

const token = new Uint8Array(0);

export async function barrier(call: Call): Promise<void> {
  const { rank, size } = call;
  for (let distance = 1; distance < size; distance *= 2)
    await call.exchange(nothing, (rank + distance) % size, token, (rank + size - distance) % size);
}
