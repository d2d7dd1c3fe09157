/**
 * Puts variables that need it into boxes: `let x = 1` becomes `const x = { v: 1 }`, and each use `x.v`. A box is made where the language
 * makes the variable, so each turn of a loop has its own.
 */
import type * as types from '@babel/types';
import { type Binding, type NodePath, t, traverse } from './babel.ts';

export function box(value: types.Expression): types.ObjectExpression {
  return t.objectExpression([t.objectProperty(t.identifier('v'), value)]);
}

const nothing = (): types.Expression => t.unaryExpression('void', t.numericLiteral(0));

/** Names of variables that need a box, and of those whose box is there from the beginning of their block on. */
interface Names {
  has(name: string): boolean;
  isEarly(name: string): boolean;
  /** A name that nobody has. */
  fresh(): string;
  /** Blocks, and what goes to their beginnings when all is done. */
  readonly begins: [types.Statement[], types.Statement][];
}

/** Declarations in which nothing is to be done any more. */
const isDone = new WeakSet<types.Node>();

/** Statements that stand at the beginning of a block, before what the program has there. */
export const isHoisted = new WeakSet<types.Node>();

/** Rewrites declarations and uses of `boxed`, those of `early` being captured before they have their value. */
export function putIntoBoxes(ast: types.File, boxed: ReadonlySet<Binding>, early: ReadonlySet<Binding>): void {
  if (boxed.size === 0) return;
  const all = new Set([...boxed].map((binding) => binding.identifier.name));
  const soon = new Set([...early].map((binding) => binding.identifier.name));
  let count = 0;
  const fresh = (): string => `$b${count++}`;
  const names: Names = { has: (name) => all.has(name), isEarly: (name) => soon.has(name), fresh, begins: [] };
  const declared = new Set([...boxed].map((binding) => binding.identifier));
  replaceUses(ast, names, declared);
  traverse(ast, {
    Function(path) {
      boxParameters(path, names);
    },
    CatchClause({ node }) {
      const { param } = node;
      if (param == null || !namesIn(param).some((name) => names.has(name))) return;
      const raw = names.fresh();
      node.param = t.identifier(raw);
      node.body.body.unshift(
        t.variableDeclaration('let', [t.variableDeclarator(param as types.LVal, t.identifier(raw))]),
      );
    },
    ForStatement(path) {
      unrollHead(path, names);
    },
    ForXStatement(path) {
      const { node } = path;
      if (!t.isVariableDeclaration(node.left)) return;
      const { id } = node.left.declarations[0]!;
      if (!namesIn(id).some((name) => names.has(name))) return;
      const raw = names.fresh();
      node.left = t.variableDeclaration('const', [t.variableDeclarator(t.identifier(raw))]);
      const inner = t.variableDeclaration('let', [t.variableDeclarator(id as types.LVal, t.identifier(raw))]);
      node.body = t.blockStatement([inner, ...(t.isBlockStatement(node.body) ? node.body.body : [node.body])]);
    },
  });
  traverse(ast, {
    VariableDeclaration: {
      exit(path) {
        boxDeclaration(path, names);
      },
    },
    FunctionDeclaration: {
      exit(path) {
        const { node } = path;
        if (node.id != null && names.has(node.id.name)) hoistFunction(path);
      },
    },
    ClassDeclaration(path) {
      const { node } = path;
      if (node.id == null || !names.has(node.id.name)) return;
      const value = t.toExpression(t.cloneNode(node, false)) as types.Expression;
      const inBox = t.memberExpression(t.identifier(node.id.name), t.identifier('v'));
      if (names.isEarly(node.id.name)) declareEarly(path.container as types.Statement[], node.id.name, names);
      path.replaceWith(
        names.isEarly(node.id.name)
          ? t.expressionStatement(t.assignmentExpression('=', inBox, value))
          : declareBox(node.id.name, value),
      );
      path.skip();
    },
  });
  for (const [block, statement] of names.begins) block.unshift(statement);
}

export function namesIn(pattern: types.Node): string[] {
  return Object.keys(t.getBindingIdentifiers(pattern as types.LVal));
}

function replaceUses(ast: types.File, names: Names, declared: ReadonlySet<types.Identifier>): void {
  traverse(ast, {
    Identifier(path) {
      const { node, parent, key } = path;
      if (!names.has(node.name) || declared.has(node) || isDeclared(path)) return;
      if (
        (t.isMemberExpression(parent) || t.isOptionalMemberExpression(parent)) &&
        key === 'property' &&
        !parent.computed
      )
        return;
      if (t.isObjectProperty(parent) && key === 'key' && !parent.computed) return;
      if ((t.isMethod(parent) || t.isProperty(parent)) && key === 'key' && 'computed' in parent && !parent.computed)
        return;
      if (t.isLabeledStatement(parent) || t.isBreakStatement(parent) || t.isContinueStatement(parent)) return;
      if ((t.isFunction(parent) || t.isClass(parent)) && key === 'id') return;
      if (t.isObjectProperty(parent) && parent.shorthand) parent.shorthand = false;
      const inBox = t.memberExpression(t.identifier(node.name), t.identifier('v'));
      const isCallee = (t.isCallExpression(parent) || t.isOptionalCallExpression(parent)) && key === 'callee';
      // Not a method of the box.
      path.replaceWith(isCallee || key === 'tag' ? t.sequenceExpression([t.numericLiteral(0), inBox]) : inBox);
      path.skip();
    },
  });
}

/** In the pattern of a declaration, not in its keys and defaults. */
function isDeclared(path: NodePath): boolean {
  for (let p: NodePath = path; p.parentPath !== null; p = p.parentPath) {
    const { key, parent } = p;
    if (t.isVariableDeclarator(parent)) return key === 'id';
    if (t.isCatchClause(parent)) return key === 'param';
    if (t.isFunction(parent)) return p.listKey === 'params';
    const isInPattern =
      t.isArrayPattern(parent) ||
      t.isObjectPattern(parent) ||
      t.isRestElement(parent) ||
      (t.isAssignmentPattern(parent) && key === 'left') ||
      (t.isObjectProperty(parent) && key === 'value');
    if (!isInPattern) return false;
  }
  return false;
}

/** Parameters are declared in the body. */
function boxParameters(path: NodePath<types.Function>, names: Names): void {
  const { node } = path;
  if (!node.params.some((param) => namesIn(param).some((name) => names.has(name)))) return;
  const declarations = declareParameters(
    node.params as types.FunctionParameter[],
    (i) => t.identifier(`$p${i}`),
    names.fresh(),
  );
  node.params = declarations.params;
  for (const statement of declarations.statements) isHoisted.add(statement);
  if (t.isArrowFunctionExpression(node) && !t.isBlockStatement(node.body))
    node.body = t.blockStatement([t.returnStatement(node.body)]);
  (node.body as types.BlockStatement).body.unshift(...declarations.statements);
}

/** Parameters without patterns and defaults, and the declarations that make of them what they were. */
export function declareParameters(
  params: readonly types.FunctionParameter[],
  name: (i: number) => types.Identifier,
  restName: string,
): { params: types.FunctionParameter[]; statements: types.Statement[] } {
  const plain: types.FunctionParameter[] = [];
  const statements: types.Statement[] = [];
  const declare = (id: types.Node, init: types.Expression): void => {
    statements.push(t.variableDeclaration('let', [t.variableDeclarator(id as types.LVal, init)]));
  };
  params.forEach((param, i) => {
    if (t.isRestElement(param)) {
      plain.push(t.restElement(t.identifier(restName)));
      declare(param.argument, t.identifier(restName));
    } else if (t.isAssignmentPattern(param)) {
      plain.push(name(i));
      declare(param.left, withDefault(name(i), param.right));
    } else {
      plain.push(name(i));
      declare(param, name(i));
    }
  });
  return { params: plain, statements };
}

export function withDefault(value: types.Expression, otherwise: types.Expression): types.Expression {
  return t.conditionalExpression(t.binaryExpression('===', value, nothing()), otherwise, t.cloneNode(value));
}

/**
 * `for (let i = ...; test; update) body` with a boxed `i`:
 * `{ let i = box; let isFirst = true; for (;;) { if (isFirst) isFirst = false; else { i = new box; update; } if (!test) break; body } }`.
 */
function unrollHead(path: NodePath<types.ForStatement>, names: Names): void {
  const { init, test, update, body } = path.node;
  if (!t.isVariableDeclaration(init) || init.kind === 'var') return;
  const boxed = init.declarations.flatMap(({ id }) => namesIn(id)).filter((name) => names.has(name));
  if (boxed.length === 0) return;
  const isFirst = names.fresh();
  const renew = boxed.map((name) => {
    const copy = box(t.memberExpression(t.identifier(name), t.identifier('v')));
    return t.expressionStatement(t.assignmentExpression('=', t.identifier(name), copy));
  });
  const again = t.blockStatement([...renew, ...(update == null ? [] : [t.expressionStatement(update)])]);
  const first = t.expressionStatement(t.assignmentExpression('=', t.identifier(isFirst), t.booleanLiteral(false)));
  const head: types.Statement[] = [t.ifStatement(t.identifier(isFirst), first, again)];
  if (test != null) head.push(t.ifStatement(t.unaryExpression('!', test), t.breakStatement()));
  let loop: types.Statement = t.forStatement(null, null, null, t.blockStatement([...head, body]));
  let outer: NodePath = path;
  while (t.isLabeledStatement(outer.parent)) {
    loop = t.labeledStatement(outer.parent.label, loop);
    outer = outer.parentPath!;
  }
  const flag = t.variableDeclaration('let', [t.variableDeclarator(t.identifier(isFirst), t.booleanLiteral(true))]);
  init.kind = 'let';
  // Uses in nested loops are looked at later.
  outer.replaceWith(t.blockStatement([init, flag, loop]));
}

function boxDeclaration(path: NodePath<types.VariableDeclaration>, names: Names): void {
  const { node } = path;
  if (isDone.has(node)) return;
  if (!node.declarations.some(({ id }) => namesIn(id).some((name) => names.has(name)))) return;
  if (t.isForXStatement(path.parent)) return;
  const statements: types.Statement[] = [];
  const declareHere = (name: string): void => {
    if (!names.isEarly(name)) statements.push(declareBox(name, nothing()));
    else declareEarly(path.container as types.Statement[], name, names);
  };
  for (const { id, init } of node.declarations) {
    const own = namesIn(id);
    if (!own.some((name) => names.has(name))) {
      statements.push(t.variableDeclaration(node.kind, [t.variableDeclarator(id, init)]));
    } else if (t.isIdentifier(id)) {
      if (names.isEarly(id.name)) {
        declareHere(id.name);
        const inBox = t.memberExpression(t.identifier(id.name), t.identifier('v'));
        statements.push(t.expressionStatement(t.assignmentExpression('=', inBox, init ?? nothing())));
      } else statements.push(declareBox(id.name, init ?? nothing()));
    } else {
      for (const name of own) {
        if (names.has(name)) declareHere(name);
        else statements.push(t.variableDeclaration('let', [t.variableDeclarator(t.identifier(name))]));
      }
      statements.push(t.expressionStatement(t.assignmentExpression('=', patternInto(id, names) as types.LVal, init!)));
    }
  }
  if (isHoisted.has(node)) for (const statement of statements) isHoisted.add(statement);
  for (const statement of statements) isDone.add(statement);
  path.replaceWithMultiple(statements);
  path.skip();
}

function declareEarly(block: types.Statement[], name: string, names: Names): void {
  const made = declareBox(name, nothing());
  isHoisted.add(made);
  names.begins.push([block, made]);
}

function declareBox(name: string, value: types.Expression): types.Statement {
  // `let`: a loop may put a new box in its place.
  const made = t.variableDeclaration('let', [t.variableDeclarator(t.identifier(name), box(value))]);
  isDone.add(made);
  return made;
}

/** The pattern with `x.v` for names in boxes. */
function patternInto(pattern: types.Node, names: Names): types.Node {
  if (t.isIdentifier(pattern))
    return names.has(pattern.name) ? t.memberExpression(t.identifier(pattern.name), t.identifier('v')) : pattern;
  if (t.isAssignmentPattern(pattern))
    return t.assignmentPattern(patternInto(pattern.left, names) as types.Identifier, pattern.right);
  if (t.isRestElement(pattern)) return t.restElement(patternInto(pattern.argument, names) as types.Identifier);
  if (t.isArrayPattern(pattern))
    return t.arrayPattern(
      pattern.elements.map((e) => (e === null ? null : (patternInto(e, names) as types.PatternLike))),
    );
  if (t.isObjectPattern(pattern)) {
    const properties = pattern.properties.map((property) =>
      t.isRestElement(property)
        ? (patternInto(property, names) as types.RestElement)
        : t.objectProperty(property.key, patternInto(property.value, names) as types.PatternLike, property.computed),
    );
    return t.objectPattern(properties);
  }
  return pattern;
}

/** A function declaration in a box: its box is made at the beginning of its block. */
function hoistFunction(path: NodePath<types.FunctionDeclaration>): void {
  const { node } = path;
  const name = node.id!.name;
  const value = t.functionExpression(
    null,
    node.params as types.FunctionParameter[],
    node.body,
    node.generator,
    node.async,
  );
  value.loc = node.loc ?? null;
  const siblings = path.container as types.Statement[];
  const at = siblings.indexOf(node);
  siblings.splice(at, 1);
  const assign = t.expressionStatement(
    t.assignmentExpression('=', t.memberExpression(t.identifier(name), t.identifier('v')), value),
  );
  hoisted.set(value, { name, from: node });
  const start = siblings.findIndex((statement) => !isHoisted.has(statement));
  const box = declareBox(name, nothing());
  isHoisted.add(box);
  isHoisted.add(assign);
  // All boxes first, then the functions, which may see each other's.
  siblings.splice(start === -1 ? 0 : start, 0, assign);
  siblings.unshift(box);
}

/** Functions that were declarations: their names, and the declarations. */
export const hoisted = new WeakMap<types.Node, { readonly name: string; readonly from: types.Node }>();
