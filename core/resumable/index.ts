/** `charm4ts/resumable`: what compiled modules import. Programs have no need of it. */
export { Activation, start } from './activation.ts';
export { closure } from './closures.ts';
export { type AwaitPoint, Code, CodeModule, module } from './code.ts';
export { all, allSettled, any, race } from './combine.ts';
export { hasKey, iterate, keysIn, listOf, restOf } from './cursor.ts';
export { Promised, Status } from './promised.ts';
