/** Asks the server that the page came from. The cookie goes along by itself. */
import type { Answer, Ask, QuestionName, TraceSource } from '../protocol.ts';
import { decodeAnswer } from '../wire.ts';

export interface TraceListing {
  readonly name: string;
  readonly done: number;
  readonly files: number;
  readonly isLoaded: boolean;
}

export class HttpSource implements TraceSource {
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  async ask<K extends QuestionName>(name: K, ask: Ask<K>, signal?: AbortSignal): Promise<Answer<K>> {
    const response = await fetch(`/trace/${this.#number}/${name}`, {
      method: 'POST',
      body: JSON.stringify(ask),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new Error((await response.text()).trim());
    return decodeAnswer(await response.arrayBuffer()) as Answer<K>;
  }
}

export interface Listing {
  readonly traces: readonly TraceListing[];
  /** The program of a running job that can be watched. */
  readonly live?: string;
}

export async function listTraces(): Promise<Listing> {
  const response = await fetch('/traces');
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as Listing;
}
