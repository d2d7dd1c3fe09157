/**
 * How processes that talk over MPI part: nothing may be under way when MPI ends.
 *
 *  1. A node that sends nothing more tells all others so. It goes on taking in, and dropping, what comes.
 *  2. When it has heard the same from all, and all it has sent is gone, nothing is under way to it or from it.
 */

/** What is said in step 1. */
export const lastWord = 'last';

export interface Leaving {
  readonly node: number;
  readonly nodes: number;
  /** How many of the others have said their last word. */
  readonly lastWords: () => number;
  readonly say: (node: number, text: string) => void;
  /** Takes in what has come. */
  readonly poll: () => void;
  readonly isDrained: () => boolean;
}

export async function leaveTogether(leaving: Leaving): Promise<void> {
  const { node, nodes, lastWords, say, poll, isDrained } = leaving;
  for (let other = 0; other < nodes; other++) if (other !== node) say(other, lastWord);
  while (lastWords() < nodes - 1 || !isDrained()) {
    poll();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
