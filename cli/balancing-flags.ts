/** The options about load balancing that `charm4ts run` and `charm4ts sim` share. */
import { type Command, InvalidArgumentError } from 'commander';
import { strategyNames } from '../lb-strategies/index.ts';

export interface BalancingFlags {
  readonly balancer?: string;
  readonly lbPeriod?: number;
  readonly lbAdaptive?: boolean;
  readonly lbAsync?: boolean;
  readonly lbPredict?: boolean;
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
    .option(
      '--lb-period <seconds>',
      'balance after so many seconds, and let atSync() wait for nothing; distributed strategies then work all the time, without steps',
      seconds,
    )
    .option('--lb-adaptive', 'balance only at those AtSync where it pays')
    .option('--lb-async', 'let elements go on while the strategy works')
    .option('--lb-predict', 'let the strategy see loads foreseen from those of earlier steps')
    .option('--lb-debug', 'print a line for each load-balancing step')
    .option('--lb-dump <dir>', 'write each load-balancing step into this folder, for charm4ts lb-sim', nonEmpty);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number of seconds above 0.');
}

function nonEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('it is empty.');
}
