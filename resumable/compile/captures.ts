/**
 * Which variables functions capture, and which of them need a box: those that change after they were captured, or are captured before
 * they have their value. All others are captured by value.
 */
import type * as types from '@babel/types';
import { type Binding, type NodePath, t, traverse } from './babel.ts';
import type { FunctionInfo } from './functions.ts';
import { isOwnName } from './names.ts';

type Functions = ReadonlyMap<types.Node, FunctionInfo>;

/** Fills `free` of all functions, and gives the variables that need a box; `early`: that are captured before they have their value. */
export function findCaptures(
  ast: types.File,
  functions: Functions,
): { readonly boxed: Set<Binding>; readonly early: Set<Binding> } {
  const boxed = new Set<Binding>();
  const early = new Set<Binding>();
  const seen = new Set<Binding>();
  traverse(ast, {
    Scope(path: NodePath) {
      if (path.scope.path.isProgram()) return;
      for (const binding of Object.values(path.scope.bindings)) {
        // The name of a class or function in itself is there wherever its code is.
        if (isOwnName(binding, path.scope) || seen.has(binding)) continue;
        seen.add(binding);
        const capturers = capturersOf(binding, functions);
        if (!needsBox(binding, capturers, functions)) continue;
        boxed.add(binding);
        const { end } = binding.path.node;
        const isBefore = [...capturers].some(({ path: f }) => f.isFunctionDeclaration() || f.node.start! < end!);
        if (isBefore && binding.kind !== 'param' && binding.kind !== 'hoisted') early.add(binding);
      }
    },
  } as Parameters<typeof traverse>[1]);
  return { boxed, early };
}

function infoAround(path: NodePath, functions: Functions): FunctionInfo | undefined {
  const above = path.getFunctionParent();
  return above === null ? undefined : functions.get(above.node);
}

/** The functions that capture a variable, those around them included; fills their `free`. */
function capturersOf(binding: Binding, functions: Functions): Set<FunctionInfo> {
  const owner = ownerOf(binding, functions);
  const capturers = new Set<FunctionInfo>();
  for (const use of [...binding.referencePaths, ...binding.constantViolations]) {
    for (let f = infoAround(use, functions); f !== undefined && f !== owner; f = f.parent) {
      f.free.add(binding);
      if (f.kind !== 'inline') capturers.add(f);
    }
  }
  return capturers;
}

function needsBox(binding: Binding, capturers: Set<FunctionInfo>, functions: Functions): boolean {
  const owner = ownerOf(binding, functions);
  // What a native function captures of the language's own variables is no matter of ours, unless those become a step's.
  const isOfStep = owner !== undefined && isCompiledOrIn(owner);
  if (![...capturers].some((f) => f.isLifted || isOfStep)) return false;
  return !isCapturedByValue(binding, capturers, owner);
}

function isCompiledOrIn(info: FunctionInfo): boolean {
  return info.isLifted || (info.kind === 'inline' && info.parent !== undefined && isCompiledOrIn(info.parent));
}

/** The function whose variable it is; undefined for one in a block at the top of the module. */
function ownerOf(binding: Binding, functions: Functions): FunctionInfo | undefined {
  const { path } = binding.scope;
  if (path.isFunction()) return functions.get(path.node);
  return infoAround(path, functions);
}

function isCapturedByValue(binding: Binding, capturers: Set<FunctionInfo>, owner: FunctionInfo | undefined): boolean {
  const { path } = binding;
  if (binding.kind === 'hoisted' || binding.kind === 'var') return false;
  if (!binding.constantViolations.every((change) => isStepOfLoop(change, binding, capturers))) return false;
  if (binding.kind === 'param') return [...capturers].every((f) => isBehindParameters(f, owner));
  const { end } = path.node;
  const isInitialised =
    !path.isVariableDeclarator() ||
    path.node.init != null ||
    t.isForXStatement(path.parentPath?.parent) ||
    isHeadOfFor(path);
  if (!isInitialised || end == null) return false;
  for (const { path: capturer } of capturers) {
    if (capturer.isFunctionDeclaration() || (capturer.node.start ?? 0) < end) return false;
    if (binding.constantViolations.length > 0 && !isInBodyOfLoop(capturer, binding)) return false;
  }
  return true;
}

function isHeadOfFor(path: NodePath): boolean {
  return t.isForXStatement(path.parent);
}

/** A closure in a parameter's default may see parameters that have no value yet. */
function isBehindParameters(f: FunctionInfo, owner: FunctionInfo | undefined): boolean {
  const body = owner?.path.node.body;
  return body != null && (f.path.node.start ?? 0) >= (body.start ?? 0);
}

/** The language makes a new variable for each turn of a loop, so `i++` in its head changes none that was captured. */
function isStepOfLoop(change: NodePath, binding: Binding, capturers: Set<FunctionInfo>): boolean {
  const loop = binding.scope.path;
  if (!loop.isForStatement()) return false;
  const { update } = loop.node;
  if (update == null || change.node.start == null) return false;
  for (const { path } of capturers) if (change.isDescendant(path)) return false;
  return change.node.start >= update.start! && change.node.end! <= update.end!;
}

function isInBodyOfLoop(capturer: NodePath, binding: Binding): boolean {
  const loop = binding.scope.path;
  if (!loop.isForStatement()) return false;
  const { body } = loop.node;
  return capturer.node.start! >= body.start! && capturer.node.end! <= body.end!;
}
