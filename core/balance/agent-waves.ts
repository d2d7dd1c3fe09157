/** Questions of PE 0 to the agents of all PEs, down a spanning tree, and the answers on their way up; see agent-runner.ts. */
import { type AgentAnswer, type AgentRunner, addAnswers, Question } from './agent-runner.ts';

/** How one PE reaches others. */
export interface WaveLink {
  readonly parent: number;
  readonly children: readonly number[];
  ask(child: number, question: Question, step: number, balancer: number): void;
  answer(parent: number, answer: AgentAnswer): void;
  /** On PE 0: all have answered. */
  answered(question: Question, answer: AgentAnswer): void;
}

export class AgentWaves {
  readonly #runner: AgentRunner;
  readonly #link: WaveLink;
  #question: Question = Question.count;
  #missing = 0;
  #sum: AgentAnswer | undefined = undefined;

  constructor(runner: AgentRunner, link: WaveLink) {
    this.#runner = runner;
    this.#link = link;
  }

  /** A question comes down; on PE 0 it begins. */
  ask(question: Question, step: number, balancer: number): void {
    const { children } = this.#link;
    this.#question = question;
    this.#missing = children.length;
    for (const child of children) this.#link.ask(child, question, step, balancer);
    if (question === Question.begin) this.#runner.begin(step, balancer);
    this.#sum = this.#runner.answer(question);
    this.#passOn();
  }

  onAnswer(answer: AgentAnswer): void {
    this.#sum = addAnswers(this.#sum!, answer);
    this.#missing--;
    this.#passOn();
  }

  #passOn(): void {
    if (this.#missing > 0) return;
    const { parent } = this.#link;
    if (parent === -1) this.#link.answered(this.#question, this.#sum!);
    else this.#link.answer(parent, this.#sum!);
  }
}
