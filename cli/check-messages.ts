/** The option `--check-messages`, which several commands have. */
import { Option } from 'commander';
import { type MessageCheckKind, messageChecks } from '../launch/message-checks.ts';

export type { MessageCheckKind };

export function checkMessagesOption(): Option {
  const text = 'find messages that are changed after they were sent; `freeze` also freezes their plain objects';
  return new Option('--check-messages [how]', text).choices(messageChecks).preset('changes');
}
