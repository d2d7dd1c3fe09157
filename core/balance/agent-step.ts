/**
 * A step of a distributed strategy as PE 0 leads it: which question comes next; see agent-runner.ts.
 *
 * Every question is a task of its own, so that PE 0 does other things in between.
 */
import type { Pe } from '../pe/pe.ts';
import { type AgentAnswer, type AgentOutcome, Question } from './agent-runner.ts';

/** What a step comes to, in this order. */
export interface AgentStepEvents {
  /** All agents have begun. */
  measured(): void;
  /** Agents have come to an end. */
  decided(): void;
  arrived(outcome: AgentOutcome): void;
}

/** Strategies that make sense are quiet a few hundred times at most. */
const roundsMax = 10_000;

export class AgentStep {
  readonly #pe: Pe;
  readonly #events: AgentStepEvents;
  readonly #ask: (question: Question) => void;
  #before: AgentAnswer | undefined = undefined;
  #isMoving = false;
  #rounds = 0;

  constructor(pe: Pe, ask: (question: Question) => void, events: AgentStepEvents) {
    this.#pe = pe;
    this.#ask = ask;
    this.#events = events;
  }

  begin(): void {
    this.#askSoon(Question.begin);
  }

  /** Agents talk until they have nothing more to say. */
  decide(): void {
    this.#askSoon(Question.count);
  }

  move(): void {
    this.#isMoving = true;
    this.#askSoon(Question.move);
  }

  answered(question: Question, answer: AgentAnswer): void {
    switch (question) {
      case Question.begin:
        return this.#events.measured();
      case Question.count:
        return this.#counted(answer);
      case Question.quiet:
        if (answer.hasMore && ++this.#rounds < roundsMax) return this.#askSoon(Question.count);
        return this.#events.decided();
      case Question.move:
        return this.#askSoon(Question.count);
      case Question.outcome:
        return this.#events.arrived(answer.outcome!);
    }
  }

  /** Nothing is on its way if all that was sent by now had been received by the end of the question before. */
  #counted(answer: AgentAnswer): void {
    const isQuiet = this.#before?.received === answer.sent;
    this.#before = isQuiet ? undefined : answer;
    if (!isQuiet) this.#askSoon(Question.count);
    else this.#askSoon(this.#isMoving ? Question.outcome : Question.quiet);
  }

  #askSoon(question: Question): void {
    const pe = this.#pe;
    const run = (): void => {
      pe.housekeeping++;
      this.#ask(question);
    };
    pe.post({ source: pe.id, target: this, run }, { expedited: true });
  }
}
