/**
 * The shape of a collection: what every proxy of it must know to turn an index into a key, wherever it is.
 * Small, and part of every proxy on the wire, since a proxy may arrive before the collection itself.
 */
import { CharmError } from '../base/errors.ts';
import type { ChareType } from '../message/registry.ts';
import type { Reader } from '../pup/reader.ts';
import type { Writer } from '../pup/writer.ts';
import { BranchSpace, DenseSpace, dimensionsMax, type IndexSpace, SingletonSpace, SparseSpace } from './index-space.ts';

/** Values are the wire. */
export const ShapeKind = { singleton: 0, dense: 1, denseTuple: 2, sparse: 3, group: 4, nodeGroup: 5 } as const;
export type ShapeKind = (typeof ShapeKind)[keyof typeof ShapeKind];

export class Shape {
  readonly kind: ShapeKind;
  readonly dims: readonly number[];

  constructor(kind: ShapeKind, dims: readonly number[] = []) {
    this.kind = kind;
    this.dims = dims;
  }

  static readonly singleton = new Shape(ShapeKind.singleton);

  get isArray(): boolean {
    return this.kind >= ShapeKind.dense && this.kind <= ShapeKind.sparse;
  }

  get isGroup(): boolean {
    return this.kind >= ShapeKind.group;
  }

  equals(other: Shape): boolean {
    return this.kind === other.kind && this.dims.join() === other.dims.join();
  }

  write(writer: Writer): void {
    writer.u8(this.kind);
    writer.u8(this.dims.length);
    for (const extent of this.dims) writer.u32(extent);
  }

  static read(reader: Reader): Shape {
    const kind = reader.u8();
    const count = reader.u8();
    if (kind > ShapeKind.nodeGroup || count > dimensionsMax)
      throw new CharmError('ERR_DECODE', `no shape ${kind} of ${count} dimensions`);
    const dims: number[] = [];
    for (let d = 0; d < count; d++) dims.push(reader.u32());
    return new Shape(kind as ShapeKind, dims);
  }

  space(type: ChareType, pes: number, nodes: number): IndexSpace {
    switch (this.kind) {
      case ShapeKind.dense:
      case ShapeKind.denseTuple:
        return new DenseSpace(this.dims, this.kind === ShapeKind.dense);
      case ShapeKind.sparse:
        return new SparseSpace(type.indexCodec);
      case ShapeKind.group:
        return new BranchSpace(pes, 'PE');
      case ShapeKind.nodeGroup:
        return new BranchSpace(nodes, 'node');
      default:
        return new SingletonSpace();
    }
  }
}
