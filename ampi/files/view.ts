/** `View`: which bytes of a file a rank sees, and in which order: a displacement, and a type that is repeated from there on. */
import { BYTE } from '../datatype/basic.ts';
import { checkUsable, type Datatype } from '../datatype/datatype.ts';
import { MpiError } from '../errors.ts';

/** Bytes side by side in the file. */
export interface Extent {
  readonly at: number;
  readonly bytes: number;
}

export class View {
  readonly disp: number;
  readonly etype: Datatype;
  readonly filetype: Datatype;

  constructor(disp = 0, etype: Datatype = BYTE, filetype: Datatype = etype) {
    checkUsable(etype);
    checkUsable(filetype);
    if (!(disp >= 0)) throw new MpiError('ARG', `the displacement of a view is 0 or more, not ${disp}`);
    if (etype.size === 0 || filetype.size === 0 || filetype.size % etype.size !== 0)
      throw new MpiError(
        'TYPE',
        `a file type of ${filetype.size} bytes is no whole number of items of ${etype.size} bytes`,
      );
    this.disp = disp;
    this.etype = etype;
    this.filetype = filetype;
  }

  /** Where the item `offset` (in items of the etype) begins in the file. */
  byteOffset(offset: number): number {
    return this.extents(offset * this.etype.size, 1)[0]!.at;
  }

  /** Where `bytes` bytes of visible data are, from byte `from` of them on. */
  extents(from: number, bytes: number): Extent[] {
    const { filetype, disp } = this;
    if (filetype.isContiguous) return bytes === 0 ? [] : [{ at: disp + from, bytes }];
    const found: { at: number; bytes: number }[] = [];
    let skip = from % filetype.size;
    let left = bytes;
    for (let tile = Math.floor(from / filetype.size); left > 0; tile++) {
      const base = disp + tile * filetype.extent;
      for (let s = 0; s < filetype.offsets.length && left > 0; s++) {
        const length = filetype.lengths[s]!;
        if (skip >= length) {
          skip -= length;
          continue;
        }
        const part = Math.min(length - skip, left);
        const at = base + filetype.offsets[s]! + skip;
        const last = found.at(-1);
        if (last !== undefined && last.at + last.bytes === at) last.bytes += part;
        else found.push({ at, bytes: part });
        skip = 0;
        left -= part;
      }
    }
    return found;
  }

  /** How many bytes of visible data lie below a position in the file. */
  bytesBelow(position: number): number {
    const { filetype, disp } = this;
    if (position <= disp) return 0;
    const inside = position - disp;
    const tiles = Math.floor(inside / filetype.extent);
    let bytes = tiles * filetype.size;
    const rest = inside - tiles * filetype.extent;
    for (let s = 0; s < filetype.offsets.length; s++)
      bytes += Math.max(0, Math.min(filetype.lengths[s]!, rest - filetype.offsets[s]!));
    return bytes;
  }
}
