/** Data that many chares share: `charm4ts/data`. Programs export all of it: `export * from 'charm4ts/data'`. */
export {
  type CreatePhasedArrayOptions,
  createPhasedArray,
  PageServer,
  type Phase,
  PhasedArray,
  PhasedView,
} from './phased-array.ts';
export { type CreateTableOptions, createTable, Table, TableBatch, type TableKey, TablePart } from './table.ts';
