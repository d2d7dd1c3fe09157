/**
 * Modules of Node.js in programs for browsers. A program may import what only its PEs in processes use; so the import
 * works, and what is called throws an error that names it.
 */
import { builtinModules, createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'node-only';
const builtins: ReadonlySet<string> = new Set(builtinModules);

/** Replaces the modules of Node.js. */
export function nodeOnly(): Plugin {
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path }) => {
        const name = path.replace(/^node:/, '');
        return builtins.has(name) || path.startsWith('node:') ? { path: name, namespace } : undefined;
      });
      onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: standIn(path), loader: 'js' }));
    },
  };
}

/** A module with the same exports, each of which throws when it is called, constructed, or asked for anything. */
function standIn(name: string): string {
  const require = createRequire(import.meta.url);
  const exported = Object.keys(require(`node:${name}`) as object).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key));
  const named = exported.filter((key) => key !== 'default');
  return `
const refuse = (what) => { throw new Error(what + ' is of Node.js, and was used in a browser; let only PEs of processes use it'); };
const standIn = (what) => new Proxy(function () {}, {
  get: (target, key) => key === Symbol.toPrimitive ? () => refuse(what) : typeof key === 'symbol' || key === 'prototype' ? target[key] : standIn(what + '.' + key),
  apply: () => refuse(what),
  construct: () => refuse(what),
});
const all = standIn('node:${name}');
export default all;
const parts = Object.fromEntries(${JSON.stringify(named)}.map((key) => [key, standIn('node:${name}.' + key)]));
${named.map((key, i) => `const part${i} = parts[${JSON.stringify(key)}]; export { part${i} as ${key} };`).join('\n')}
`;
}
