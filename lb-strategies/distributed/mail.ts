/**
 * Messages between agents, delivered in random order: of all pairs of PEs that have some on the way, one is drawn, and the
 * oldest message of that pair is next. So messages of one agent to another stay in order, and nothing else is.
 */
export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly message: unknown;
}

interface Channel {
  readonly key: number;
  readonly letters: Letter[];
  /** Letters before this one have been delivered. */
  next: number;
}

export class Mail {
  readonly #pes: number;
  readonly #random: { next(): number };
  readonly #channels = new Map<number, Channel>();
  readonly #busy: Channel[] = [];
  /** Letters so far. */
  sent = 0;

  constructor(pes: number, random: { next(): number }) {
    this.#pes = pes;
    this.#random = random;
  }

  send(letter: Letter): void {
    this.sent++;
    const key = letter.from * this.#pes + letter.to;
    const known = this.#channels.get(key);
    if (known !== undefined) {
      known.letters.push(letter);
      return;
    }
    const channel = { key, letters: [letter], next: 0 };
    this.#channels.set(key, channel);
    this.#busy.push(channel);
  }

  /** The next to be delivered, or undefined: nothing is on the way. */
  take(): Letter | undefined {
    if (this.#busy.length === 0) return undefined;
    const at = Math.floor(this.#random.next() * this.#busy.length);
    const channel = this.#busy[at]!;
    const letter = channel.letters[channel.next++];
    if (channel.next === channel.letters.length) {
      this.#channels.delete(channel.key);
      this.#busy[at] = this.#busy[this.#busy.length - 1]!;
      this.#busy.pop();
    }
    return letter;
  }
}
