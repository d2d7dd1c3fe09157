/** `Status`: what is known of a message that was received, or of a request that has ended. */

import { ANY_SOURCE, ANY_TAG, PROC_NULL, UNDEFINED } from '../constants.ts';
import { BYTE } from '../datatype/basic.ts';
import type { Datatype } from '../datatype/datatype.ts';

export class Status {
  /** Rank of the sender in the communicator. */
  source: number;
  tag: number;
  /** Bytes of data. */
  bytes: number;
  /** Class of the error; 0: none. */
  error = 0;
  isCancelled = false;

  constructor(source: number, tag: number, bytes: number) {
    this.source = source;
    this.tag = tag;
    this.bytes = bytes;
  }

  /** Whole items of a type; UNDEFINED if the data are no whole number of them. Bytes without a type. */
  getCount(type: Datatype = BYTE): number {
    if (type.size === 0) return 0;
    return this.bytes % type.size === 0 ? this.bytes / type.size : UNDEFINED;
  }

  /** Basic items; UNDEFINED if the data end inside of one. */
  getElements(type: Datatype): number {
    return type.elementsIn(this.bytes) ?? UNDEFINED;
  }

  /** For generalized requests: what `getElements` shall say. */
  setElements(type: Datatype, count: number): void {
    const perItem = type.runs.reduce((sum, run) => sum + run.count, 0);
    this.bytes = perItem === 0 ? 0 : Math.floor(count / perItem) * type.size;
  }

  setCancelled(isCancelled: boolean): void {
    this.isCancelled = isCancelled;
  }

  static empty(): Status {
    return new Status(ANY_SOURCE, ANY_TAG, 0);
  }

  /** Of a message from nobody. */
  static ofNobody(): Status {
    return new Status(PROC_NULL, ANY_TAG, 0);
  }
}
