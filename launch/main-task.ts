/** Starts `main` on PE 0 as a task: what it throws ends the job. */
import { CharmError, describeThrown, EntryError } from '../core/base/errors.ts';
import type { Charm } from '../core/chare/charm.ts';
import { isChareClass, type ProgramModule } from '../core/message/registry.ts';
import type { Pe } from '../core/pe/pe.ts';

type Main = (charm: Charm) => unknown;

/** @throws CharmError ERR_PROGRAM if the module has no main function. */
export function mainOf(program: ProgramModule, name: string): Main {
  const main = program['default'] ?? program['main'];
  if (typeof main === 'function' && !isChareClass(main)) return main as Main;
  throw new CharmError(
    'ERR_PROGRAM',
    `${name} has no main: write \`export default async function main(charm: Charm) { ... }\``,
  );
}

export function startMain(pe: Pe, main: Main): void {
  const fail = (cause: unknown): void => {
    const place = { pe: 0, chare: 'main' };
    pe.fail(new EntryError('ERR_MAIN_FAILED', describeThrown(cause), place, { cause }));
  };
  const ended = (): void => {
    pe.isMainRunning = false;
  };
  pe.post({
    source: 0,
    target: pe,
    run: () => {
      try {
        pe.needsTurn = true;
        pe.isMainRunning = true;
        pe.trace?.resumed(undefined, undefined, 0, 0);
        Promise.resolve(main(pe.charm)).then(ended, fail);
        pe.trace?.suspended();
      } catch (cause) {
        fail(cause);
      }
    },
  });
}
