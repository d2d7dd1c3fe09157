/**
 * What an unknown option may have been meant for. `charm4ts run app.ts mesh.json --deep` is refused, for `--deep` could be a
 * misspelling as well as the program's; the error says what to type if it is the program's.
 */
import type { Command } from 'commander';
import { programFile } from './charm-options/apply.ts';

/** Errors of this command about options behind the program say how to hand them to it. */
export function hintAtProgramOptions(command: Command, argv: readonly string[]): void {
  const before = command.configureOutput();
  command.configureOutput({
    ...before,
    outputError: (text, write) => {
      const flag = /unknown option '([^']+)'/.exec(text)?.[1];
      const hint = flag === undefined ? undefined : hintFor(flag, argv, process.env.npm_lifecycle_event);
      write(hint === undefined ? text : `${text}${hint}\n`);
    },
  });
}

function hintFor(flag: string, argv: readonly string[], npmScript: string | undefined): string | undefined {
  const program = argv.findIndex((word) => programFile.test(word));
  const place = argv.findIndex((word, i) => i > program && (word === flag || word.startsWith(`${flag}=`)));
  if (program < 0 || place < 0) return undefined;
  const words = [...argv.slice(0, place), '--', ...argv.slice(place).filter((word) => word !== '--')];
  const typed = `charm4ts ${words.join(' ')}`;
  // The script of package.json ends with the program; what follows was typed behind `npm start --`.
  const withNpm = npmScript === undefined ? '' : `\n or npm run ${npmScript} -- ${words.slice(program + 1).join(' ')}`;
  return `(What is meant for the program goes behind --:\n    ${typed}${withNpm})`;
}
