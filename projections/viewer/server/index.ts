/** The web viewer: what the command starts. */
import { checkFolder } from './folder.ts';
import { HostedTrace } from './hosted.ts';
import { type ServeOptions, serveTraces, type ViewerServer } from './serve.ts';

export { checkFolder, type TraceFolder } from './folder.ts';
export { HostedTrace } from './hosted.ts';
export { type ServeOptions, serveTraces, type ViewerServer } from './serve.ts';

/**
 * Shows the traces in these folders, the first one first, the others to compare with.
 *
 * @throws TraceError if a folder has no trace, or must not be read.
 */
export async function viewFolders(paths: readonly string[], options: ServeOptions = {}): Promise<ViewerServer> {
  const folders = await Promise.all(paths.map(checkFolder));
  return serveTraces(await Promise.all(folders.map((folder) => HostedTrace.ofFolder(folder))), options);
}
