/** The queue of a PE: by priority, or shuffled; with a look at each message if wanted. */
import type { SeededRandom } from '../core/base/random.ts';
import { CheckedQueue, MessageCheck } from '../core/pe/message-check.ts';
import type { MessageCheckKind } from '../core/pe/message-check-kinds.ts';
import { PriorityQueue, ShuffledQueue, type TaskQueue } from '../core/pe/task-queue.ts';

/** `shuffle` is the source of a random order; undefined: by priority. */
export function makeQueue(shuffle: SeededRandom | undefined, check: MessageCheckKind | undefined): TaskQueue {
  const queue = shuffle === undefined ? new PriorityQueue() : new ShuffledQueue(shuffle);
  return check === undefined ? queue : new CheckedQueue(queue, new MessageCheck(check));
}
