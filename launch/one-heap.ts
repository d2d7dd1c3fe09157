/** The memory for shared arrays of a job in one thread: made when first used; all nodes take from it, and copy between each other. */
import { makeHeapBuffer, SharedHeap } from '../core/pup/shared-heap.ts';

export function oneHeap(): () => SharedHeap {
  let heap: SharedHeap | undefined;
  return () => {
    heap ??= new SharedHeap(makeHeapBuffer());
    return heap;
  };
}
