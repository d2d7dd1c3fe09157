/** Whether something has an await of its own, not in a function inside it. */
import type * as types from '@babel/types';
import { t } from './babel.ts';

const known = new WeakMap<types.Node, boolean>();

export function hasAwait(node: types.Node | null | undefined): boolean {
  if (node == null || t.isFunction(node)) return false;
  if (t.isAwaitExpression(node)) return true;
  let found = known.get(node);
  if (found !== undefined) return found;
  found = childrenOf(node).some(hasAwait);
  known.set(node, found);
  return found;
}

export function childrenOf(node: types.Node): types.Node[] {
  const children: types.Node[] = [];
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const child = (node as unknown as Record<string, types.Node | (types.Node | null)[] | null | undefined>)[key];
    if (Array.isArray(child)) for (const one of child) if (one != null) children.push(one);
    if (child != null && !Array.isArray(child)) children.push(child);
  }
  return children;
}
