/** What frames are made of, as value classes that every program has. Order is the wire. */
import { Activation } from './activation.ts';
import { Combination } from './combine.ts';
import { ArrayCursor, CollectionCursor, ForeignCursor } from './cursor.ts';
import { Promised } from './promised.ts';

export const packedClasses: readonly { readonly prototype: object }[] = [
  Promised,
  Activation,
  Combination,
  ArrayCursor,
  CollectionCursor,
  ForeignCursor,
];
