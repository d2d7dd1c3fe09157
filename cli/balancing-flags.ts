/** The options about load balancing that `charm4ts run` and `charm4ts sim` share. */
import { type Command, InvalidArgumentError } from 'commander';
import { strategyNames } from '../lb-strategies/index.ts';

export interface BalancingFlags {
  readonly balancer?: string;
  readonly lbDebug?: boolean;
  readonly lbDump?: string;
}

export function addBalancingOptions(command: Command): Command {
  return command
    .option(
      '-b, --balancer <names>',
      `strategies or files of your own: the first for the first load-balancing step, the last for all that follow (${strategyNames().join(', ')})`,
      nonEmpty,
    )
    .option('--lb-debug', 'print a line for each load-balancing step')
    .option('--lb-dump <dir>', 'write each load-balancing step into this folder, for charm4ts lb-sim', nonEmpty);
}

function nonEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('it is empty.');
}
