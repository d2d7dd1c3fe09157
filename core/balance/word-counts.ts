/**
 * How many words and objects agents have sent each other, by PE, since the job began.
 *
 * PE 0 believes that none is on its way when the sums agree (agent-step.ts). If they never do, a word has been lost or has
 * come twice, and the step would go on for ever. So PEs compare: each tells those to which it has sent anything how much
 * that was, in a *mark* behind it. Frames between two PEs stay in order, so whoever has received another number of words
 * when the mark comes knows that the count is wrong, and who sent them. A mark also says how much has been received: more
 * than was sent is wrong, too. Objects may wait on their way; their
 * number must agree only when nothing has come for a long time (`isFinal`).
 */
import { CharmError } from '../base/errors.ts';
import type { Pe } from '../pe/pe.ts';

export interface Mark {
  readonly words: number;
  readonly objects: number;
  /** Words received from the PE that this goes to. */
  readonly received: number;
  readonly isFinal: boolean;
}

interface Counts {
  words: number;
  objects: number;
}

export class WordCounts {
  readonly #pe: Pe;
  readonly #tell: (to: number, mark: Mark) => void;
  readonly #to = new Map<number, Counts>();
  readonly #from = new Map<number, Counts>();
  #step = -1;
  #strategy = '';
  allSent = 0;
  allReceived = 0;

  constructor(pe: Pe, tell: (to: number, mark: Mark) => void) {
    this.#pe = pe;
    this.#tell = tell;
  }

  begin(step: number, strategy: string): void {
    this.#step = step;
    this.#strategy = strategy;
  }

  sent(to: number): void {
    this.allSent++;
    countsOf(this.#to, to).words++;
  }

  received(from: number): void {
    this.allReceived++;
    countsOf(this.#from, from).words++;
  }

  gone(to: number): void {
    this.allSent++;
    countsOf(this.#to, to).objects++;
  }

  came(from: number): void {
    this.allReceived++;
    countsOf(this.#from, from).objects++;
  }

  mark(isFinal: boolean): void {
    for (const to of new Set([...this.#to.keys(), ...this.#from.keys()])) {
      const received = countsOf(this.#from, to).words;
      this.#tell(to, { ...countsOf(this.#to, to), received, isFinal });
    }
  }

  compare(from: number, { words, objects, received, isFinal }: Mark): void {
    const { id } = this.#pe;
    const here = countsOf(this.#from, from);
    const sent = countsOf(this.#to, from).words;
    if (here.words !== words) this.#fail(from, id, 'words of agents', words, here.words);
    else if (received > sent) this.#fail(id, from, 'words of agents', sent, received);
    else if (isFinal && here.objects !== objects) this.#fail(from, id, 'objects', objects, here.objects);
  }

  #fail(from: number, to: number, what: string, sent: number, received: number): void {
    const { id } = this.#pe;
    const message =
      `load-balancing step ${this.#step} of the distributed strategy ${this.#strategy} cannot end: PE ${from} has sent ` +
      `${sent} ${what} to PE ${to} so far, which has received ${received}. This is a bug of charm4ts or of the transport, not ` +
      'of your program; a central strategy (--balancer RefineComm) goes around it';
    this.#pe.fail(new CharmError('ERR_INTERNAL', message, { pe: id }));
  }
}

function countsOf(counts: Map<number, Counts>, pe: number): Counts {
  let found = counts.get(pe);
  if (found === undefined) {
    found = { words: 0, objects: 0 };
    counts.set(pe, found);
  }
  return found;
}
