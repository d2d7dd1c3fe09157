/**
 * Makes the names of all variables in compiled functions, and in functions around closures, unique in the module: they become variables of
 * one function, the step, and are known by name from then on. Gives the names of those that are assigned again.
 */
import type * as types from '@babel/types';
import { type Binding, type NodePath, type Scope, traverse } from './babel.ts';

export function makeNamesUnique(ast: types.File): void {
  const used = new Set<string>();
  const scopes = new Set<Scope>();
  let program: Scope | undefined;
  traverse(ast, {
    Program(path: NodePath<types.Program>) {
      program = path.scope;
      for (const name of Object.keys(path.scope.bindings)) used.add(name);
    },
    // Also globals: a variable of a step must not hide one.
    ReferencedIdentifier(path: NodePath<types.Identifier | types.JSXIdentifier>) {
      if (!path.scope.hasBinding(path.node.name, true)) used.add(path.node.name);
    },
    Scope(path: NodePath) {
      if (path.scope !== program) scopes.add(path.scope);
    },
  } as Parameters<typeof traverse>[1]);
  for (const scope of scopes) {
    for (const name of Object.keys(scope.bindings)) {
      if (isOwnName(scope.bindings[name]!, scope)) continue;
      if (used.has(name)) {
        const fresh = freshName(name, used);
        scope.rename(name, fresh);
        used.add(fresh);
      } else used.add(name);
    }
  }
}

/** The name of a class or function expression in itself. */
export function isOwnName({ kind, path }: Binding, scope: Scope): boolean {
  return kind === 'local' || (path.isClass() && path.node === scope.block);
}

function freshName(name: string, used: ReadonlySet<string>): string {
  for (let i = 2; ; i++) if (!used.has(`${name}$${i}`)) return `${name}$${i}`;
}

/** `x$2` was `x` in the program. */
export function originalName(name: string): string {
  return name.replace(/\$\d+$/, '');
}
