/**
 * A step of a distributed strategy as PE 0 leads it: which question comes next; see agent-runner.ts.
 *
 * Every question is a task of its own, so that PE 0 does other things in between. While nothing comes, questions come more
 * and more seldom: a word may wait for a PE that computes, or for a network. If nothing comes for longer, PEs compare what
 * they have sent each other, which finds a word that is lost, or has come twice, and ends the job (word-counts.ts).
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
/** So many questions in a row are asked at once; then each after this part of the time in which nothing has come. */
const stillAtOnce = 16;
const stillPart = 1 / 8;
const waitMsMax = 1000;
/** Words are compared when this many have found nothing new, objects when that has also lasted so long: they may have to wait. */
const stillToCompare = 32;
const stillToCompareAll = 64;
const stillMsToCompareAll = 30_000;

export class AgentStep {
  readonly #pe: Pe;
  readonly #events: AgentStepEvents;
  readonly #ask: (question: Question) => void;
  #before: AgentAnswer | undefined = undefined;
  #isMoving = false;
  #rounds = 0;
  /** Questions in a row that have found nothing new, and when the first of them did. */
  #still = 0;
  #stillSince = 0;

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
      case Question.compare:
      case Question.compareAll:
        return this.#askSoon(Question.count);
      case Question.outcome:
        return this.#events.arrived(answer.outcome!);
    }
  }

  /** Nothing is on its way if all that was sent by now had been received by the end of the question before. */
  #counted(answer: AgentAnswer): void {
    const before = this.#before;
    const isQuiet = before?.received === answer.sent;
    this.#before = isQuiet ? undefined : answer;
    if (isQuiet) {
      this.#still = 0;
      return this.#askSoon(this.#isMoving ? Question.outcome : Question.quiet);
    }
    const isStill = before?.sent === answer.sent && before.received === answer.received;
    if (!isStill) this.#still = 0;
    else if (this.#still++ === 0) this.#stillSince = this.#pe.clock.now();
    this.#askAgain();
  }

  #askAgain(): void {
    const still = this.#still;
    if (still < stillAtOnce) return this.#askSoon(Question.count);
    const stillMs = this.#pe.clock.now() - this.#stillSince;
    let question: Question = Question.count;
    if (still === stillToCompare) question = Question.compare;
    else if (still >= stillToCompareAll && stillMs >= stillMsToCompareAll) question = Question.compareAll;
    this.#askLater(question, Math.min(waitMsMax, Math.max(1, stillMs * stillPart)));
  }

  /** The step is not over meanwhile: what waits for quiescence goes on waiting. */
  #askLater(question: Question, waitMs: number): void {
    const pe = this.#pe;
    pe.created++;
    pe.trackedCount++;
    pe.host.after(waitMs, () => {
      this.#askSoon(question);
      pe.trackedCount--;
      pe.processed++;
      pe.housekeeping++;
    });
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
