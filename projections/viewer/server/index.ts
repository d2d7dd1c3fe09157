/** The web viewer: what the command starts. */
import { writeFile } from 'node:fs/promises';
import { openTrace } from '../../format/open.ts';
import type { EmbedOptions } from '../embed.ts';
import { checkFolder } from './folder.ts';
import { HostedTrace } from './hosted.ts';
import { htmlPage } from './html.ts';
import { type ServeOptions, serveTraces, type ViewerServer } from './serve.ts';

export { checkFolder, type TraceFolder } from './folder.ts';
export { HostedTrace } from './hosted.ts';
export { htmlPage } from './html.ts';
export { LiveFeed } from './live-feed.ts';
export { type ServeOptions, serveTraces, type ViewerServer } from './serve.ts';

/**
 * Shows the traces in these folders, the first one first, the others to compare with. With `isLive` they may still be
 * being written.
 *
 * @throws TraceError if a folder has no trace, or must not be read.
 */
export async function viewFolders(
  paths: readonly string[],
  { isLive = false, ...options }: ServeOptions & { readonly isLive?: boolean } = {},
): Promise<ViewerServer> {
  const folders = await Promise.all(paths.map(checkFolder));
  return serveTraces(
    await Promise.all(folders.map((folder) => (isLive ? HostedTrace.following(folder) : HostedTrace.ofFolder(folder)))),
    options,
  );
}

/** Writes one page with these traces in it. @returns its bytes. */
export async function writeHtml(paths: readonly string[], file: string, options: EmbedOptions = {}): Promise<number> {
  const folders = await Promise.all(paths.map(checkFolder));
  const traces = await Promise.all(folders.map(({ path }) => openTrace(path)));
  const page = await htmlPage(traces, options);
  await writeFile(file, page, { mode: 0o600 });
  return Buffer.byteLength(page);
}
