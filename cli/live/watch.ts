/** Looks at a running job, each with what has changed since the look before. */
import type { JobClient, WholeView } from '../../launch/live/job-client.ts';
import { type JobRates, ratesOf } from './rates.ts';

export class Watch {
  readonly #client: JobClient;
  #before: WholeView | undefined = undefined;

  constructor(client: JobClient) {
    this.#client = client;
  }

  async look(): Promise<JobRates> {
    const view = await this.#client.view('short');
    const rates = ratesOf(view, this.#before);
    this.#before = view;
    return rates;
  }
}
