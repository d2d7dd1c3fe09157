/** What a frame is, from its header, for people. */
import { FrameKind } from '../../core/message/envelope.ts';
import type { Pe } from '../../core/pe/pe.ts';

const kindNames = new Map<number, string>(Object.entries(FrameKind).map(([name, kind]) => [kind, name]));

export function describeFrame(pe: Pe, kind: number, small: number, collection: number): string {
  const name = kindNames.get(kind) ?? String(kind);
  const type = pe.collections.typeOf(collection);
  if (type === undefined) return `a frame "${name}"`;
  if (kind !== FrameKind.entry) return `a frame "${name}" of ${type.name}`;
  return `a message for ${type.name}.${type.table.entries[small]?.name ?? small}`;
}
