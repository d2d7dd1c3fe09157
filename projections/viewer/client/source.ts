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

export async function listTraces(): Promise<TraceListing[]> {
  const response = await fetch('/traces');
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as TraceListing[];
}
