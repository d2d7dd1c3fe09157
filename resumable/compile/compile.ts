/**
 * The compile step: a module whose async functions can be packed while they wait.
 *
 *  1. The source, JavaScript by now, is parsed. Functions that can't be taken along are refused, and stay as they are.
 *  2. Variables get unique names, those that need it boxes.
 *  3. From the inside out, async functions become steps, and the closures in them code with captured values.
 *  4. The codes are declared at the top of the module; those of classes in a static block, where their private names are known.
 *
 * The hash of the source names the module, so a frame goes on only in the code that made it.
 */
import { createHash } from 'node:crypto';
import type * as types from '@babel/types';
import { generate, type NodePath, parse, t, traverse } from './babel.ts';
import { hoisted, isHoisted, putIntoBoxes } from './boxes.ts';
import { findCaptures } from './captures.ts';
import { runtime, runtimeCall } from './expressions.ts';
import { type FunctionInfo, findFunctions, type Refusal } from './functions.ts';
import { code, type Lifted, Lifter } from './lift.ts';
import { makeNamesUnique } from './names.ts';
import { replaceVar } from './var-declarations.ts';

const id = t.identifier;

/** Part of the hash of modules; to be raised when the compile step makes something else of the same source. */
export const compilerGeneration = 1;

export interface CompileOptions {
  /** For messages and the source map. */
  readonly file: string;
  /** From where compiled modules import `charm4ts/resumable`. */
  readonly runtime: string;
  /** Place in the program's file for a place in `source`. */
  readonly original?: (line: number, column: number) => { readonly line: number; readonly column: number };
  /** Map from `source` to the program's file. */
  readonly map?: object;
}

export interface Compiled {
  readonly code: string;
  readonly map: object | null;
  /** What stays as it is, and why. */
  readonly refusals: readonly Refusal[];
}

export function compileModule(source: string, options: CompileOptions): Compiled {
  const original = options.original ?? ((line: number, column: number) => ({ line, column }));
  const at = ({ start }: types.SourceLocation): string => {
    const { line, column } = original(start.line, start.column);
    return `${line}:${column + 1}`;
  };
  const ast = parse(source, {
    sourceType: 'module',
    sourceFilename: options.file,
    plugins: ['explicitResourceManagement'],
  });
  replaceVar(ast);
  makeNamesUnique(ast);
  traverse.cache.clear();
  const refusals: Refusal[] = [];
  const functions = findFunctions(ast, refusals);
  const { boxed, early } = findCaptures(ast, functions.of);
  const lifter = new Lifter(changingNames(ast), at);
  const infos = new Map(functions.of);
  replaceCombinations(ast, functions.of);
  putIntoBoxes(ast, boxed, early);
  liftAll(ast, infos, lifter);
  const hash = createHash('sha256').update(`${compilerGeneration} ${source}`).digest('hex').slice(0, 16);
  if (lifter.lifted.length > 0) declareCodes(ast, lifter.lifted, hash, options);
  traverse.cache.clear();
  const settings = {
    sourceMaps: true,
    sourceFileName: options.file,
    ...(options.map === undefined ? {} : { inputSourceMap: options.map }),
  };
  const { code: text, map } = generate(ast, settings as Parameters<typeof generate>[1]);
  const placed = refusals.map(({ line, column, message }) => ({ ...original(line, column), message }));
  return { code: text, map, refusals: placed };
}

function changingNames(ast: types.File): Set<string> {
  const changing = new Set<string>();
  traverse(ast, {
    Scope({ scope }: NodePath) {
      for (const [name, binding] of Object.entries(scope.bindings)) {
        const isLate = binding.path.isVariableDeclarator() && binding.path.node.init == null;
        if (binding.constantViolations.length > 0 || isLate) changing.add(name);
      }
    },
  } as Parameters<typeof traverse>[1]);
  return changing;
}

const combinations = new Set(['all', 'allSettled', 'any', 'race']);

/** `Promise.all` and its like in compiled functions give promises that can be packed. */
function replaceCombinations(ast: types.File, infos: ReadonlyMap<types.Node, FunctionInfo>): void {
  traverse(ast, {
    MemberExpression(path) {
      const { object, property, computed } = path.node;
      if (computed || !t.isIdentifier(object, { name: 'Promise' }) || !t.isIdentifier(property)) return;
      if (!combinations.has(property.name) || path.scope.hasBinding('Promise', true)) return;
      const around = path.getFunctionParent();
      if (around !== null && infos.get(around.node)?.kind !== 'native') object.name = runtime;
    },
  });
}

/** Children before their parents. */
function liftAll(ast: types.File, infos: ReadonlyMap<types.Node, FunctionInfo>, lifter: Lifter): void {
  const visit = (node: types.Node): void => {
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const holder = node as unknown as Record<string, unknown>;
      const child = holder[key] as types.Node | (types.Node | null)[] | null | undefined;
      if (Array.isArray(child)) visitList(child, node);
      else if (child != null) {
        visit(child);
        const made = lifted(child);
        if (made !== undefined) holder[key] = made;
      }
    }
  };
  const visitList = (list: (types.Node | null)[], parent: types.Node): void => {
    const declared: types.Statement[] = [];
    for (let i = 0; i < list.length; i++) {
      const child = list[i];
      if (child == null) continue;
      visit(child);
      const made = lifted(child);
      if (made === undefined) continue;
      if (t.isFunctionDeclaration(child)) {
        declared.push(t.variableDeclaration('const', [t.variableDeclarator(id(child.id!.name), made)]));
        list.splice(i--, 1);
      } else if (t.isObjectMethod(child)) list[i] = t.objectProperty(child.key, made as types.Expression);
      else list[i] = made;
    }
    // Function declarations have their value from the beginning of the block on, behind boxes that they may capture.
    if (declared.length > 0) {
      const boxes = t.isSwitchCase(parent) ? 0 : list.findIndex((s) => s !== null && !isHoisted.has(s));
      list.splice(boxes === -1 ? list.length : boxes, 0, ...declared);
    }
  };
  const lifted = (node: types.Node): types.Expression | undefined => {
    if (!t.isFunction(node)) return undefined;
    const info = infos.get(node) ?? infos.get(hoisted.get(node)?.from ?? node);
    return info?.isLifted === true ? lifter.lift(node, info) : undefined;
  };
  visit(ast.program);
}

// ---- what comes out ----

function declareCodes(
  ast: types.File,
  lifted: readonly Lifted[],
  hash: string,
  { file, runtime: from }: CompileOptions,
): void {
  const { body } = ast.program;
  const inClasses = new Map<types.Class, types.Statement[]>();
  const codes = lifted.map((one) => {
    const args = [t.numericLiteral(one.number), t.stringLiteral(one.info.name), one.points];
    const home = one.info.homeClass;
    if (home === undefined) args.push(stepOf(one) as never, (one.make ?? undefinedValue()) as never);
    else inClasses.set(home, [...(inClasses.get(home) ?? []), ...setUp(one)]);
    return t.variableDeclarator(code(one.number), t.callExpression(t.memberExpression(id('$m'), id('code')), args));
  });
  for (const [home, statements] of inClasses) home.body.body.unshift(t.staticBlock(statements));
  const load = t.importDeclaration([t.importNamespaceSpecifier(id(runtime))], t.stringLiteral(from));
  const make = t.variableDeclaration('const', [
    t.variableDeclarator(id('$m'), runtimeCall('module', [t.stringLiteral(hash), t.stringLiteral(file)])),
    ...codes,
  ]);
  const firstOwn = body.findIndex((s) => !t.isImportDeclaration(s));
  body.splice(firstOwn === -1 ? body.length : firstOwn, 0, make, nameFunctions(ast));
  body.unshift(load);
}

function undefinedValue(): types.Expression {
  return t.unaryExpression('void', t.numericLiteral(0));
}

/** Under the name of its function in stack traces, which it must not know itself by. */
function stepOf({ step, info: { name } }: Lifted): types.Expression {
  if (step === undefined) return undefinedValue();
  const key = t.isValidIdentifier(name) ? id(name) : t.stringLiteral(name);
  const method = t.objectMethod('method', key, step.params as types.FunctionParameter[], step.body);
  return t.memberExpression(t.objectExpression([method]), t.isIdentifier(key) ? id(name) : key, !t.isIdentifier(key));
}

/** In a static block, where `this` is the class. */
function setUp(one: Lifted): types.Statement[] {
  const set = (field: string, value: types.Expression): types.Statement =>
    t.expressionStatement(t.assignmentExpression('=', t.memberExpression(code(one.number), id(field)), value));
  const home = one.info.isStatic ? t.thisExpression() : t.memberExpression(t.thisExpression(), id('prototype'));
  const statements = [set('home', home)];
  if (one.step !== undefined) statements.push(set('step', stepOf(one)));
  if (one.make !== undefined) statements.push(set('make', one.make));
  return statements;
}

/** Functions and classes of the module by name, for variables that hold them. */
function nameFunctions(ast: types.File): types.Statement {
  const found: string[] = [];
  for (const s of ast.program.body) {
    const declaration = t.isExportNamedDeclaration(s) || t.isExportDefaultDeclaration(s) ? s.declaration : s;
    if (t.isFunctionDeclaration(declaration) || t.isClassDeclaration(declaration)) {
      if (declaration.id != null) found.push(declaration.id.name);
    } else if (t.isVariableDeclaration(declaration)) {
      for (const { id: name, init } of declaration.declarations)
        if (t.isIdentifier(name) && (t.isFunction(init) || t.isClass(init))) found.push(name.name);
    }
  }
  const all = t.objectExpression(found.map((name) => t.objectProperty(id(name), id(name), false, true)));
  return t.expressionStatement(
    t.assignmentExpression('=', t.memberExpression(id('$m'), id('names')), t.arrowFunctionExpression([], all)),
  );
}
