/** The ways to check messages, for commands. */
export { type MessageCheckKind, messageChecks } from '../core/pe/message-check-kinds.ts';
