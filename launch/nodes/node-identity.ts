/**
 * What all nodes of a job must have in common, and the report if they have not.
 *
 *  1. Before nodes connect, the launcher compares what each says it is: its version, that of the frames, the byte order.
 *  2. Those who connect compare it again between each two, under the proof of the handshake (transports/sockets/handshake.ts): there need
 *     be no launcher.
 *  3. Before `main` runs the launcher compares what each node has loaded: classes with their entry methods, the other exports, and
 *     the program itself.
 *
 * A program in a browser is compiled anew by the launcher, so only its exports are compared.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { CharmError } from '../../core/base/errors.ts';
import { wireVersion } from '../../core/message/envelope.ts';
import { readManifest } from '../package-root.ts';

/** By what it is called in reports. */
export type NodeIdentity = Readonly<Record<string, string>>;

/** In place of a node's number. */
export const launcher = -1;

export function ownIdentity(): NodeIdentity {
  return { charm4ts: readManifest().version, frames: String(wireVersion), 'byte order': endianness() };
}

/** Short enough for a handshake. */
export function identityText(identity: NodeIdentity): string {
  return Object.entries(identity)
    .map(([what, value]) => `${what} ${value}`)
    .join(', ');
}

/** What is the same in a program wherever it lies: not its comments, and not its source map. */
export async function programHash(url: string): Promise<string> {
  const text = await readFile(new URL(url), 'utf8');
  return createHash('sha256')
    .update(text.replaceAll(/^\/\/.*$/gm, ''))
    .digest('hex')
    .slice(0, 16);
}

/** What a node has loaded. */
export interface NodeProgram {
  /** One line for each export. */
  readonly description: readonly string[];
  /** Undefined where it is compiled anew. */
  readonly hash: string | undefined;
}

/** @returns the error of nodes that can't work together, if they can't. */
export function compareIdentities(identities: ReadonlyMap<number, NodeIdentity>): CharmError | undefined {
  const lines: string[] = [];
  const names = new Set([...identities.values()].flatMap((identity) => Object.keys(identity)));
  for (const name of names) {
    const byValue = group([...identities].map(([node, identity]) => [node, identity[name] ?? 'not told']));
    if (byValue.size > 1)
      lines.push(`${name}: ${[...byValue].map(([v, nodes]) => `${v} on ${nodesText(nodes)}`).join(', ')}`);
  }
  if (lines.length === 0) return undefined;
  const text = `the nodes of this job can't work together; install the same charm4ts on all:\n  ${lines.join('\n  ')}`;
  return new CharmError('ERR_VERSION_MISMATCH', text);
}

/** @returns the error of nodes that have not loaded the same, if they have not. */
export function comparePrograms(programs: ReadonlyMap<number, NodeProgram>): CharmError | undefined {
  const nodes = [...programs.keys()];
  const lines: string[] = [];
  const exported = group([...programs].flatMap(([node, { description }]) => description.map((line) => [node, line])));
  for (const [line, holders] of exported)
    if (holders.length < nodes.length) lines.push(`only on ${nodesText(holders)}: ${line}`);
  const hashed = [...programs].filter(([, { hash }]) => hash !== undefined);
  const hashes = group(hashed.map(([node, { hash }]) => [node, hash!]));
  if (hashes.size > 1)
    lines.push(`the program: ${[...hashes].map(([hash, holders]) => `${hash} on ${nodesText(holders)}`).join(', ')}`);
  if (lines.length === 0) return undefined;
  const text = `the program differs between nodes; every node must load the same:\n  ${lines.sort().join('\n  ')}`;
  return new CharmError('ERR_REGISTRY_MISMATCH', text);
}

/** The nodes of each value. */
function group(pairs: readonly (readonly [node: number, value: string])[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [node, value] of pairs) {
    const nodes = groups.get(value);
    if (nodes === undefined) groups.set(value, [node]);
    else nodes.push(node);
  }
  return groups;
}

function nodesText(all: readonly number[]): string {
  const nodes = all.filter((node) => node !== launcher);
  if (nodes.length < all.length) return nodes.length === 0 ? 'the launcher' : `the launcher and ${nodesText(nodes)}`;
  return nodes.length === 1 ? `node ${nodes[0]}` : `nodes ${nodes.join(', ')}`;
}
