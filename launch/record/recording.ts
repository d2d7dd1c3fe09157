/** A PE that is recorded, or that repeats what was recorded: what it is handed, and how it runs. */
import { join } from 'node:path';
import { assert } from '../../core/base/assert.ts';
import { CharmError, describeThrown } from '../../core/base/errors.ts';
import type { Pe } from '../../core/pe/pe.ts';
import type { Reader } from '../../core/pup/reader.ts';
import type { SharedHeap } from '../../core/pup/shared-heap.ts';
import { acrossNodes } from '../../transports/node-boundary.ts';
import { ThreadsLink } from '../../transports/threads/threads-link.ts';
import type { PeSurroundings } from '../pe-assembly.ts';
import type { ThreadHost } from '../thread-host.ts';
import type { WorkerStart } from '../worker-protocol.ts';
import { Recorder, type TellingLink } from './recorder.ts';
import { Replayer } from './replayer.ts';
import { logName } from './run-file.ts';

export class Recording {
  readonly surroundings: PeSurroundings;
  readonly #recorder: Recorder | undefined = undefined;
  readonly #replayer: Replayer | undefined = undefined;

  /** @throws CharmError if the log can't be opened. */
  constructor(start: WorkerStart, { host, link, clock }: PeSurroundings, heap: SharedHeap) {
    const { pe, machine, settings, pesPerNode } = start;
    const { directory, isReplay } = settings.record!;
    const path = join(directory, logName(pe));
    try {
      if (isReplay) {
        // All PEs are threads of this process, whatever nodes there were.
        assert(link instanceof ThreadsLink, 'a replay in several processes');
        const nodeOf = (other: number): number => Math.floor(other / pesPerNode);
        const outgoing = acrossNodes(
          link,
          () => heap,
          (other) => nodeOf(other) === nodeOf(pe),
        );
        this.#replayer = new Replayer({ path, pe, machine, link, outgoing });
        const replayer = this.#replayer;
        this.surroundings = { host: replayer.host(host), link: replayer.link(), clock: replayer.clock(clock) };
      } else {
        this.#recorder = new Recorder(path);
        const recorder = this.#recorder;
        this.surroundings = {
          host: recorder.host(host),
          link: recorder.link(link as TellingLink),
          clock: recorder.clock(clock),
        };
      }
    } catch (cause) {
      const what = isReplay ? 'read' : 'written';
      const message = `the recording ${path} can't be ${what}: ${describeThrown(cause)}`;
      throw new CharmError(isReplay ? 'ERR_REPLAY' : 'ERR_OUTPUT', message, { pe }, { cause });
    }
  }

  /** Hands a frame to the PE that has come by sockets of its own thread. */
  arrived(pe: Pe, frame: Reader, from: number): void {
    this.#recorder?.arrived(frame, from);
    pe.receive(frame);
  }

  /** Runs the PE until the job ends. */
  async run(pe: Pe, host: ThreadHost): Promise<void> {
    if (this.#replayer !== undefined) {
      host.adopt(pe);
      await this.#replayer.run(pe);
      return host.run(pe);
    }
    this.#recorder!.watch(pe);
    await host.run(pe, this.#recorder);
    this.#recorder!.close();
  }
}
