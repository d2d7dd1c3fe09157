/** Chares that are state machines: `charm4ts/xstate`. */
export { fromMachine } from './from-machine.ts';
export type {
  EventMethods,
  InputArgs,
  MachineChare,
  MachineChareClass,
  MachineChareOptions,
  MachineMethods,
  MachineState,
} from './machine-types.ts';
