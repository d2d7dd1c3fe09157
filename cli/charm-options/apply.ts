/** Where the command line meets the spellings of Charm++, and what people type who expect a `charmrun`. */
import type { Command } from 'commander';
import { translateCharmOptions } from './translate.ts';

/** Commands that start programs, and so take the options of Charm++. */
export const runners: readonly string[] = ['run', 'ampi', 'sim'];
export const programFile = /\.[cm]?[jt]s$/;

/** The words in our spelling; ends the process, with an error, if there is none. */
export function spelledOurWay(program: Command, argv: readonly string[]): readonly string[] {
  const [first = ''] = argv;
  // `charm4ts +p4 app.ts`, as one types `charmrun +p4 ./app`.
  const words = first.startsWith('+') ? ['run', ...argv] : argv;
  const [name = ''] = words;
  if (programFile.test(name))
    program.error(`error: unknown command '${name}'\n(Did you mean charm4ts run ${argv.join(' ')}?)`);
  const command = runners.includes(name) ? program.commands.find((known) => known.name() === name) : undefined;
  if (command === undefined) return words;
  const flags = new Set(command.options.map(({ long }) => long ?? '').concat('--help'));
  const { argv: ours, notes, error } = translateCharmOptions(words.slice(1), flags);
  if (error !== undefined) command.error(`error: ${error}`);
  for (const note of notes) process.stderr.write(`charm4ts: note: ${note}\n`);
  return [name, ...ours];
}
