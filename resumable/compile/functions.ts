/**
 * What becomes of each function of a module.
 *
 *  - `compiled`: an async function; it becomes a step.
 *  - `closure`: a function inside a compiled one; its values can be packed with what they have captured.
 *  - `inline`: a function that only lives for the call it is an argument of (`list.map(x => ...)`); it stays as it is, and what it
 *    does with variables counts as done by the function around it.
 *  - `native`: all others; they stay as they are.
 *
 * A function that has something that can't be taken along stays native, with a refusal that says what and where.
 */
import type * as types from '@babel/types';
import { type Binding, type NodePath, t, traverse } from './babel.ts';

export interface Refusal {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type FunctionKind = 'compiled' | 'closure' | 'inline' | 'native';

export class FunctionInfo {
  readonly path: NodePath<types.Function>;
  readonly parent: FunctionInfo | undefined;
  kind: FunctionKind;
  /** Class at the top of the module in which it stands: its code goes there, for the sake of private names. */
  readonly homeClass: types.Class | undefined;
  readonly isStatic: boolean;
  readonly name: string;
  /** Variables of functions around it that it, or a function in it, uses. */
  readonly free = new Set<Binding>();

  constructor(path: NodePath<types.Function>, parent: FunctionInfo | undefined, kind: FunctionKind) {
    this.path = path;
    this.parent = parent;
    this.kind = kind;
    this.homeClass = homeClassOf(path);
    this.isStatic = isInStaticMember(path);
    this.name = nameOf(path);
  }

  /** Its values are made by code of the module, from what it has captured. */
  get isLifted(): boolean {
    return this.kind === 'compiled' || this.kind === 'closure';
  }
}

/** Methods of arrays (and typed arrays, maps and sets) that call their argument before they return. */
const callingMethods = new Set(
  'map filter forEach reduce reduceRight some every find findIndex findLast findLastIndex sort toSorted flatMap'.split(
    ' ',
  ),
);

export function findFunctions(
  ast: types.File,
  refusals: Refusal[],
): { readonly all: FunctionInfo[]; readonly of: ReadonlyMap<types.Node, FunctionInfo> } {
  const all: FunctionInfo[] = [];
  const of = new Map<types.Node, FunctionInfo>();
  traverse(ast, {
    Function(path) {
      const above = path.getFunctionParent();
      const parent = above === null ? undefined : of.get(above.node);
      const info = new FunctionInfo(path, parent, kindOf(path, parent, refusals));
      all.push(info);
      of.set(path.node, info);
    },
  });
  return { all, of };
}

function kindOf(path: NodePath<types.Function>, parent: FunctionInfo | undefined, refusals: Refusal[]): FunctionKind {
  const { node } = path;
  const isOutside = parent === undefined || isAtTop(path);
  const isMethodOfLocalClass = (t.isClassMethod(node) || t.isClassPrivateMethod(node)) && !isAtTop(path);
  if (node.async && !node.generator) {
    const problem = isMethodOfLocalClass
      ? { at: node, message: 'a method of a class that is declared in a function' }
      : problemIn(path);
    if (problem === undefined) return 'compiled';
    const { line, column } = problem.at.loc?.start ?? { line: 0, column: 0 };
    refusals.push({ line, column, message: `${nameOf(path)}: ${problem.message}` });
    return 'native';
  }
  if (node.async && node.generator && !isOutside) return 'native';
  if (parent === undefined || !isInsideCompiled(parent)) return 'native';
  if (isMethodOfLocalClass || t.isClassMethod(node) || t.isClassPrivateMethod(node)) return 'native';
  if (t.isObjectMethod(node) && (node.kind !== 'method' || usesSuper(path) || node.computed)) return 'native';
  if (usesOwn(path) !== undefined && t.isArrowFunctionExpression(node)) return 'native';
  return isInline(path) ? 'inline' : 'closure';
}

/** Closures of closures too; not what stands in a native function, which nobody makes anew. */
function isInsideCompiled(parent: FunctionInfo): boolean {
  if (parent.kind === 'compiled' || parent.kind === 'closure') return true;
  return parent.kind === 'inline' && parent.parent !== undefined && isInsideCompiled(parent.parent);
}

/** A method of a class, or an object, at the top of the module. */
function isAtTop(path: NodePath<types.Function>): boolean {
  return path.getFunctionParent() === null;
}

function isInline(path: NodePath<types.Function>): boolean {
  const { parent, node } = path;
  if (!t.isArrowFunctionExpression(node) || !t.isCallExpression(parent) || !parent.arguments.includes(node))
    return false;
  const { callee } = parent;
  if (!t.isMemberExpression(callee) || callee.computed || !t.isIdentifier(callee.property)) return false;
  if (!callingMethods.has(callee.property.name)) return false;
  let isPlain = true;
  path.traverse({
    Function(inner) {
      if (!isInline(inner)) isPlain = false;
    },
  });
  return isPlain;
}

interface Problem {
  readonly at: types.Node;
  readonly message: string;
}

/** What an async function has that a frame can't keep. */
function problemIn(path: NodePath<types.Function>): Problem | undefined {
  const own = usesOwn(path);
  if (own !== undefined) return own;
  let found: Problem | undefined;
  const see = (at: types.Node, message: string): void => {
    found ??= { at, message };
  };
  path.traverse({
    Function(inner) {
      inner.skip();
    },
    ForOfStatement({ node }) {
      if (node.await) see(node, 'a `for await` loop: write the loop with `await` and the iterator’s own method');
    },
    VariableDeclaration({ node }) {
      if (node.kind === 'using' || node.kind === 'await using') see(node, 'a `using` declaration');
    },
    CallExpression({ node, scope }) {
      if (t.isIdentifier(node.callee, { name: 'eval' }) && !scope.hasBinding('eval', true)) see(node, 'a direct eval');
    },
    Class(inner) {
      let hasAwait = false;
      inner.traverse({
        Function: (f) => f.skip(),
        AwaitExpression() {
          hasAwait = true;
        },
      });
      if (hasAwait) see(inner.node, 'an await in the head of a class');
    },
  });
  const { node } = path;
  if (t.isObjectMethod(node) && usesSuper(path)) see(node, '`super` in a method of an object literal');
  if (t.isFunctionExpression(node) && node.id != null) {
    const own = path.scope.getOwnBinding(node.id.name);
    if (own?.kind === 'local' && own.references > 0)
      see(node, `a function expression that calls itself by its name ${node.id.name}: give it to a const`);
  }
  return found;
}

/** `arguments` and `new.target`, which belong to a call of the language. */
function usesOwn(path: NodePath<types.Function>): Problem | undefined {
  let found: Problem | undefined;
  path.traverse({
    Function(inner) {
      if (!inner.isArrowFunctionExpression()) inner.skip();
    },
    Identifier(inner) {
      if (inner.node.name === 'arguments' && inner.isReferencedIdentifier())
        found ??= { at: inner.node, message: '`arguments`: write a rest parameter' };
    },
    MetaProperty({ node }) {
      if (node.meta.name === 'new') found ??= { at: node, message: '`new.target`' };
    },
  });
  return found;
}

function usesSuper(path: NodePath<types.Function>): boolean {
  let found = false;
  path.traverse({
    Function(inner) {
      if (!inner.isArrowFunctionExpression()) inner.skip();
    },
    Super() {
      found = true;
    },
  });
  return found;
}

function homeClassOf(path: NodePath): types.Class | undefined {
  let home: types.Class | undefined;
  for (let p: NodePath | null = path.parentPath; p !== null; p = p.parentPath) {
    if (p.isClass() && p.getFunctionParent() === null) home = p.node;
  }
  return home;
}

function isInStaticMember(path: NodePath): boolean {
  for (let p: NodePath | null = path; p !== null; p = p.parentPath) {
    if (p.isClassMethod() || p.isClassPrivateMethod() || p.isClassProperty() || p.isClassPrivateProperty())
      return p.node.static === true;
    if (p.isStaticBlock()) return true;
  }
  return false;
}

function keyName(key: types.Node): string {
  if (t.isIdentifier(key)) return key.name;
  if (t.isStringLiteral(key)) return key.value;
  return t.isPrivateName(key) ? `#${key.id.name}` : 'anonymous';
}

/** The name that the language gives it. */
function nameOf(path: NodePath<types.Function>): string {
  const { node, parent } = path;
  if ('id' in node && node.id != null) return node.id.name;
  if ('key' in node) return keyName(node.key);
  if (t.isVariableDeclarator(parent) && t.isIdentifier(parent.id)) return parent.id.name;
  if (t.isAssignmentExpression(parent) && t.isIdentifier(parent.left)) return parent.left.name;
  if ((t.isObjectProperty(parent) || t.isClassProperty(parent)) && !parent.computed) return keyName(parent.key);
  return t.isExportDefaultDeclaration(parent) ? 'default' : 'anonymous';
}
