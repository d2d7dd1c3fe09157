/**
 * How PE 0 keeps an eye on continuous balancing: once a period a question goes down a spanning tree, and what has come
 * of the period on every PE comes up, summed. It is answered between two tasks, so a PE that computes for long answers late,
 * which holds up nothing but the next question.
 */
import { FrameKind } from '../message/envelope.ts';
import type { Pe } from '../pe/pe.ts';
import { encodeValue } from '../pup/encode.ts';
import { type AgentOutcome, addOutcomes } from './agent-runner.ts';
import { AgentFrame, type ContinuousHost } from './continuous-balancing.ts';

export class ContinuousWatch {
  readonly #pe: Pe;
  readonly #host: ContinuousHost;
  readonly #own: () => AgentOutcome;
  /** On PE 0: questions are asked, until all rest. */
  isOn = false;
  #periodMs = 0;
  #cancelTimer: (() => void) | undefined = undefined;
  /** Children that have yet to answer; what is known of the subtree. */
  #missing = 0;
  #sum: AgentOutcome | undefined = undefined;

  constructor(pe: Pe, host: ContinuousHost, own: () => AgentOutcome) {
    this.#pe = pe;
    this.#host = host;
    this.#own = own;
  }

  start(periodMs: number): void {
    this.isOn = true;
    this.#periodMs = periodMs;
    if (this.#missing === 0) this.#plan();
  }

  stop(): void {
    this.isOn = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #plan(): void {
    this.#cancelTimer = this.#pe.host.after(this.#periodMs, () => {
      this.#cancelTimer = undefined;
      this.#pe.guard(() => this.ask());
    });
  }

  /** A question comes down; on PE 0 it begins. */
  ask(): void {
    const { children } = this.#host;
    const { writer } = this.#pe;
    this.#missing = children.length;
    for (const child of children) {
      writer.begin(FrameKind.agents, AgentFrame.ask, 0, 0, this.#pe.id);
      writer.end();
      this.#pe.send(child);
    }
    this.#sum = this.#own();
    this.#passOn();
  }

  onAnswer(answer: AgentOutcome): void {
    this.#sum = addOutcomes(this.#sum!, answer);
    this.#missing--;
    this.#passOn();
  }

  #passOn(): void {
    if (this.#missing > 0) return;
    const sum = this.#sum!;
    const { parent } = this.#host;
    if (parent !== -1) {
      const { writer } = this.#pe;
      writer.begin(FrameKind.agents, AgentFrame.answer, 0, 0, this.#pe.id);
      encodeValue(writer, sum, 'load balancing');
      writer.end();
      this.#pe.send(parent);
    } else if (this.isOn) {
      this.#host.watched(sum);
      if (this.isOn && this.#cancelTimer === undefined) this.#plan();
    }
  }
}
