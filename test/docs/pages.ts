/** The manual as data: fenced blocks, links and headings of README.md and docs/*.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block: ```ts, ```text any order, ... */
export interface Block {
  readonly language: string;
  /** The rest of the opening line. */
  readonly info: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  /** Relative to the root of the package. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Targets of links, outside blocks. */
  readonly links: readonly string[];
  /** Names that links can point at. */
  readonly anchors: ReadonlySet<string>;
}

/** A complete program of a page, and what the page says of its output. */
export interface Program {
  /** The name in a first line `// name.ts`, else made from the line. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly expected: Block | undefined;
}

export function readPages(): Page[] {
  const names = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.sort().map((name) => `docs/${name}`)].map((path) =>
    parsePage(path, readFileSync(`${root}${path}`, 'utf8')),
  );
}

export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; info: string; line: number; lines: string[] } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^```(\w*) ?(.*)$/.exec(line);
    if (open === undefined && fence !== null) open = { language: fence[1]!, info: fence[2]!, line: i + 1, lines: [] };
    else if (open !== undefined && line === '```') {
      const { lines, ...block } = open;
      blocks.push({ ...block, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else prose.push(line);
  }
  const links = [...prose.join('\n').matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  const headings = prose.filter((line) => /^#+ /.test(line)).map((line) => anchorOf(line.replace(/^#+ /, '')));
  const named = [...prose.join('\n').matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1]!);
  return { path, blocks, links, anchors: new Set([...headings, ...named]) };
}

/** As code hosts make anchors from headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** Programs with a main, to be run on PEs. */
export function programsOf(page: Page): Program[] {
  return select(page, (text) => text.includes('export default async function main'));
}

/** Scripts that start jobs themselves, to be run by Node.js: tests, callers of `runJob`, uses of strategies. */
export function scriptsOf(page: Page): Program[] {
  return select(page, (text) => !text.includes('export default') && /from '(node:test|charm4ts\/(run|lb))'/.test(text));
}

function select(page: Page, isWanted: (text: string) => boolean): Program[] {
  const programs: Program[] = [];
  for (const [i, { language, line, text }] of page.blocks.entries()) {
    if (language !== 'ts' || !isWanted(text)) continue;
    const next = page.blocks[i + 1];
    const named = /^\/\/ ([\w-]+\.ts)\n/.exec(text)?.[1];
    const expected = next?.language === 'text' ? next : undefined;
    programs.push({ file: named ?? `line-${line}.ts`, line, text, expected });
  }
  return programs;
}
