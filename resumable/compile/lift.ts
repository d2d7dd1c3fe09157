/**
 * Moves functions out of their place: a compiled function becomes a step, a closure the code that makes it. In their place remains what
 * makes an activation, or the closure, from what is captured.
 *
 * Inner functions come first, so that what stands in place of them is compiled with the function around it.
 */
import type * as types from '@babel/types';
import { t } from './babel.ts';
import { declareParameters, hoisted } from './boxes.ts';
import { Emitter, names } from './emitter.ts';
import { runtimeCall } from './expressions.ts';
import type { FunctionInfo } from './functions.ts';
import { Statements } from './statements.ts';

const id = t.identifier;
const captured = '$e';
const self = '$this';

/** Code of a lifted function. */
export interface Lifted {
  readonly number: number;
  readonly info: FunctionInfo;
  readonly points: types.ObjectExpression;
  readonly step: types.FunctionExpression | undefined;
  readonly make: types.Expression | undefined;
}

export class Lifter {
  readonly lifted: Lifted[] = [];
  readonly #changing: ReadonlySet<string>;
  readonly #at: (loc: types.SourceLocation) => string;

  constructor(changing: ReadonlySet<string>, at: (loc: types.SourceLocation) => string) {
    this.#changing = changing;
    this.#at = at;
  }

  /** What stands in place of a function; undefined: it has been changed where it is. */
  lift(node: types.Function, info: FunctionInfo): types.Expression | undefined {
    const number = this.lifted.length;
    // Reserved; inner functions have theirs already.
    const entry = { number, info, points: t.objectExpression([]), step: undefined, make: undefined } as Lifted;
    this.lifted.push(entry);
    replaceSuper(node, number);
    const isArrow = t.isArrowFunctionExpression(node);
    const variables = [...info.free].map((binding) => binding.identifier.name);
    // What `this` is in an arrow function is captured like a variable.
    const capturesThis = isArrow && usesThis(node) && info.parent !== undefined;
    if (capturesThis) replaceThis(node);
    const all = capturesThis ? [...variables, self] : variables;
    const given: types.Expression[] = all.map((name) => (name === self ? t.thisExpression() : id(name)));
    const result =
      info.kind === 'compiled'
        ? this.#compile(node, entry, all, given, isArrow && !capturesThis && usesThis(node))
        : this.#closure(node, entry, all, given);
    return result;
  }

  #closure(node: types.Function, entry: Lifted, all: readonly string[], given: types.Expression[]): types.Expression {
    const body = blockOf(node);
    body.body.unshift(...readCaptured(all, id(captured)));
    const make = t.arrowFunctionExpression([id(captured)], named(entry.info.name, functionOf(node)));
    Object.assign(entry, { make });
    return runtimeCall('closure', [code(entry.number), t.arrayExpression(given)]);
  }

  #compile(
    node: types.Function,
    entry: Lifted,
    all: readonly string[],
    given: types.Expression[],
    hasOuterThis: boolean,
  ): types.Expression | undefined {
    const { info, number } = entry;
    const emitter = new Emitter();
    const statements = new Statements(emitter, this.#changing);
    const plain = declareParameters(node.params as types.FunctionParameter[], (i) => id(`$p${i}`), '$rest');
    const toLocals = plain.params.map((param, i) => ({ name: paramName(param), at: localAt(param, i) }));
    const read = t.variableDeclaration('const', []);
    read.declarations = toLocals.map(({ name, at }) => t.variableDeclarator(id(name), at));
    // Parameters that are no patterns are variables at once.
    const body = blockOf(node).body;
    const begin = plain.statements.map((s) => substitute(s, toLocals));
    const hasOwnThis = t.isArrowFunctionExpression(node) ? hasOuterThis : usesThis(node);
    const previous = emitter.visible;
    statements.all([...begin, ...body]);
    emitter.visible = previous;
    const prologue = readCaptured(all, t.memberExpression(id(names.activation), id('captured')));
    const step = t.functionExpression(null, [id(names.activation)], t.blockStatement(emitter.finish(prologue)));
    const receiver = hasOwnThis ? t.thisExpression() : undefinedValue();
    const call = (parameters: types.Expression[], captures: types.Expression | undefined): types.Expression =>
      runtimeCall('start', [
        code(number),
        receiver,
        t.arrayExpression(parameters),
        ...(captures === undefined ? [] : [captures]),
      ]);
    const args = plain.params.map((param) =>
      t.isRestElement(param) ? t.spreadElement(param.argument as types.Identifier) : (param as types.Identifier),
    ) as types.Expression[];
    Object.assign(entry, { points: emitter.describePoints(this.#at), step });
    const isNested = info.parent !== undefined || given.length > 0 || hoisted.has(node);
    const isInPlace = t.isObjectMethod(node) || t.isClassMethod(node) || t.isClassPrivateMethod(node);
    if (isNested && !isInPlace) {
      const outer = functionOf(node);
      outer.params = plain.params;
      outer.async = false;
      outer.body = t.blockStatement([t.returnStatement(call(args, id(captured)))]);
      Object.assign(entry, { make: t.arrowFunctionExpression([id(captured)], named(info.name, outer)) });
      return runtimeCall('closure', [code(number), t.arrayExpression(given)]);
    }
    node.params = plain.params as typeof node.params;
    node.async = false;
    node.body = t.blockStatement([
      t.returnStatement(call(args, given.length === 0 ? undefined : t.arrayExpression(given))),
    ]);
    if (t.isArrowFunctionExpression(node)) node.expression = false;
    return undefined;
  }
}

export function code(number: number): types.Identifier {
  return id(`$f${number}`);
}

function undefinedValue(): types.Expression {
  return t.unaryExpression('void', t.numericLiteral(0));
}

function paramName(param: types.Node): string {
  return t.isRestElement(param) ? '$rest' : (param as types.Identifier).name;
}

/** Where the arguments are when the step begins. */
function localAt(param: types.Node, i: number): types.Expression {
  const locals = id(names.locals);
  if (t.isRestElement(param)) return t.callExpression(t.memberExpression(locals, id('slice')), [t.numericLiteral(i)]);
  return t.memberExpression(locals, t.numericLiteral(i), true);
}

/** In place of `$p0` the argument itself. */
function substitute<S extends types.Statement>(s: S, params: readonly { name: string; at: types.Expression }[]): S {
  const of = new Map(params.map(({ name, at }) => [name, at]));
  const replace = (e: types.Expression): types.Expression => {
    if (t.isIdentifier(e)) return of.has(e.name) ? t.cloneNode(of.get(e.name)!) : e;
    if (!t.isConditionalExpression(e) || !t.isBinaryExpression(e.test)) return e;
    return t.conditionalExpression(
      t.binaryExpression(e.test.operator, replace(e.test.left as types.Expression), e.test.right),
      e.consequent,
      replace(e.alternate),
    );
  };
  if (t.isVariableDeclaration(s)) for (const d of s.declarations) d.init = replace(d.init!);
  return s;
}

function blockOf(node: types.Function): types.BlockStatement {
  if (t.isBlockStatement(node.body)) return node.body;
  node.body = t.blockStatement([t.returnStatement(node.body as types.Expression)]);
  if (t.isArrowFunctionExpression(node)) node.expression = false;
  return node.body as types.BlockStatement;
}

/** A function expression that does the same. */
function functionOf(node: types.Function): types.ArrowFunctionExpression | types.FunctionExpression {
  if (t.isArrowFunctionExpression(node)) return node;
  return t.functionExpression(
    null,
    node.params as types.FunctionParameter[],
    node.body as types.BlockStatement,
    node.generator,
    node.async,
  );
}

/** The language names a function after the property it is given to. */
function named(name: string, fn: types.Expression): types.Expression {
  const key = t.stringLiteral(name);
  return t.memberExpression(t.objectExpression([t.objectProperty(key, fn)]), key, true);
}

function readCaptured(all: readonly string[], from: types.Expression): types.Statement[] {
  if (all.length === 0) return [];
  const declarators = all.map((name, i) =>
    t.variableDeclarator(id(name), t.memberExpression(t.cloneNode(from), t.numericLiteral(i), true)),
  );
  return [t.variableDeclaration('const', declarators)];
}

/** Visits what belongs to a function itself: arrow functions share its `this`. */
function visitOwn(
  node: types.Node,
  visit: (node: types.Node, parent: Record<string, unknown>, key: string) => boolean,
): void {
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const parent = node as unknown as Record<string, unknown>;
    const child = parent[key] as types.Node | types.Node[] | null | undefined;
    const list = Array.isArray(child) ? child : [child];
    list.forEach((one, i) => {
      if (one == null) return;
      const holder = Array.isArray(child) ? (child as unknown as Record<string, unknown>) : parent;
      if (visit(one, holder, Array.isArray(child) ? String(i) : key)) return;
      if ((t.isFunction(one) && !t.isArrowFunctionExpression(one)) || t.isClass(one)) return;
      visitOwn(one, visit);
    });
  }
}

function usesThis(node: types.Node): boolean {
  let found = false;
  visitOwn(node, (one) => {
    found ||= t.isThisExpression(one);
    return found;
  });
  return found;
}

function replaceThis(node: types.Node): void {
  visitOwn(node, (one, holder, key) => {
    if (!t.isThisExpression(one)) return false;
    holder[key] = id(self);
    return true;
  });
}

/** `super.m(x)` becomes `$f.parent.m.call(this, x)`. */
function replaceSuper(node: types.Node, number: number): void {
  const parent = (): types.Expression => t.memberExpression(code(number), id('parent'));
  visitOwn(node, (one, holder, key) => {
    if (t.isCallExpression(one) && t.isMemberExpression(one.callee) && t.isSuper(one.callee.object)) {
      const { property, computed } = one.callee;
      const method = t.memberExpression(parent(), property, computed);
      one.callee = t.memberExpression(method, id('call'));
      one.arguments.unshift(t.thisExpression());
      return false;
    }
    if (t.isMemberExpression(one) && t.isSuper(one.object)) {
      const name = one.computed
        ? (one.property as types.Expression)
        : t.stringLiteral((one.property as types.Identifier).name);
      const get = t.memberExpression(id('Reflect'), id('get'));
      holder[key] = t.callExpression(get, [parent(), name, t.thisExpression()]);
    }
    return false;
  });
}
