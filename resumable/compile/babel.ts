/** Babel's parts under one name each: they are CommonJS modules, whose default export depends on who imports them. */
import * as generatorModule from '@babel/generator';
import * as parser from '@babel/parser';
import * as traverseModule from '@babel/traverse';
import * as types from '@babel/types';

export type { Binding, NodePath, Scope } from '@babel/traverse';

type Traverse = typeof traverseModule.default.default;
type Generate = typeof generatorModule.default.default;

function functionIn<F>(module: unknown): F {
  let found = module;
  while (typeof found !== 'function') found = (found as { default: unknown }).default;
  return found as F;
}

export const traverse = functionIn<Traverse>(traverseModule);
export const generate = functionIn<Generate>(generatorModule);
export const parse = parser.parse;
export const t = types;
export type T = typeof types;
