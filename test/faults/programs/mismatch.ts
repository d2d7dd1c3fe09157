/** A program whose exports differ between PEs. */
import { workerData } from 'node:worker_threads';
import { Chare, type Charm } from 'charm4ts';

class Always extends Chare<number> {
  go(): void {}
}
class Sometimes extends Chare<number> {
  now(): void {}
}

const { pe } = workerData as { readonly pe: number };

// Which class comes first in the table differs too, so numbers would mean different methods.
export const A = pe === 1 ? undefined : Sometimes;
export const B = Always;

export default async function main(charm: Charm): Promise<void> {
  (await charm.group(Always)).all.go();
}
