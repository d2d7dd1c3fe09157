/**
 * Words between a launcher and an agent (node-agent.ts), over two streams of bytes: each a length (u32) and a value of structured clone. A magic
 * word goes first; what stands before it, such as what a login shell prints, is dropped.
 *
 * The streams are trusted: they are those of ssh, or of a connection that has proved itself.
 */
import type { Readable, Writable } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import type { RankOptions } from '../rank-program.ts';
import type { NodeMessage, NodeOrder } from './node-protocol.ts';

export type AgentOrder =
  /** The first: what to run. The agent compiles it itself, from the same path. */
  | { readonly kind: 'agent'; readonly node: number; readonly program: string; readonly ranks: RankOptions | undefined }
  | { readonly kind: 'order'; readonly order: NodeOrder }
  /** Once a second, so that an agent that hears nothing ends. */
  | { readonly kind: 'ping' };

export type AgentMessage =
  | { readonly kind: 'message'; readonly message: NodeMessage }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** Its node runtime has ended, and all output has been passed on. */
  | { readonly kind: 'end'; readonly code: number | null; readonly signal: NodeJS.Signals | null };

const magic = Buffer.from('\ncharm4ts agent 1\n');
const lengthMax = 1 << 26;

export class AgentChannel<Out extends AgentOrder | AgentMessage, In extends AgentOrder | AgentMessage> {
  readonly #out: Writable;
  readonly #onWord: (word: In) => void;
  #pending: Buffer = Buffer.alloc(0);
  #isOpen = false;

  /** `onEnd` is called once, when nothing more comes. */
  constructor(input: Readable, out: Writable, onWord: (word: In) => void, onEnd: (why: string) => void) {
    this.#out = out;
    this.#onWord = onWord;
    let hasEnded = false;
    const end = (why: string): void => {
      if (hasEnded) return;
      hasEnded = true;
      onEnd(why);
    };
    out.on('error', (error) => end(error.message));
    input.on('data', (data: Buffer) => this.#take(data));
    input.on('error', (error) => end(error.message));
    for (const event of ['end', 'close']) input.on(event, () => end('the connection was closed'));
    out.write(magic);
  }

  say(word: Out): void {
    if (!this.#out.writable) return;
    const body = serialize(word);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    this.#out.write(Buffer.concat([head, body]));
  }

  #take(data: Buffer): void {
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    if (!this.#isOpen) {
      const at = this.#pending.indexOf(magic);
      if (at < 0) return;
      this.#isOpen = true;
      this.#pending = this.#pending.subarray(at + magic.length);
    }
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32LE();
      if (length > lengthMax) throw new RangeError(`a word of ${length} bytes`);
      if (this.#pending.length < 4 + length) return;
      const word = deserialize(this.#pending.subarray(4, 4 + length)) as In;
      this.#pending = this.#pending.subarray(4 + length);
      this.#onWord(word);
    }
  }
}
