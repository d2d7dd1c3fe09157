/** `var` in functions becomes `let` at the beginning of the function and assignments, so that all variables are in blocks. */
import type * as types from '@babel/types';
import { type NodePath, t, traverse } from './babel.ts';
import { namesIn } from './boxes.ts';

export function replaceVar(ast: types.File): void {
  const found = new Map<types.Function, Set<string>>();
  traverse(ast, {
    VariableDeclaration(path) {
      const above = path.getFunctionParent();
      if (path.node.kind !== 'var' || above === null) return;
      const names = found.get(above.node) ?? new Set<string>();
      found.set(above.node, names);
      for (const { id } of path.node.declarations) for (const name of namesIn(id)) names.add(name);
      replace(path);
    },
  });
  for (const [{ params, body }, names] of found) {
    for (const param of params) for (const name of namesIn(param)) names.delete(name);
    if (names.size === 0) continue;
    const declarators = [...names].map((name) => t.variableDeclarator(t.identifier(name)));
    (body as types.BlockStatement).body.unshift(t.variableDeclaration('let', declarators));
  }
  traverse.cache.clear();
}

function replace(path: NodePath<types.VariableDeclaration>): void {
  const { node, parent } = path;
  if (t.isForXStatement(parent) && parent.left === node) {
    parent.left = node.declarations[0]!.id as types.LVal;
    return;
  }
  const assignments = node.declarations
    .filter(({ init }) => init != null)
    .map(({ id, init }) => t.assignmentExpression('=', id as types.LVal, init!));
  if (t.isForStatement(parent) && parent.init === node) {
    parent.init = assignments.length === 0 ? null : t.sequenceExpression(assignments);
    return;
  }
  path.replaceWithMultiple(assignments.map((assignment) => t.expressionStatement(assignment)));
}
