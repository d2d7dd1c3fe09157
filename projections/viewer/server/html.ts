/**
 * One page with everything in it: `charm4ts projections DIR --html FILE`.
 *
 * The page may run its own script and nothing else: the policy names script and style by their hashes, and allows no
 * connection at all. The traces are text in an element that is no script.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Trace } from '../../model/trace.ts';
import { type EmbedOptions, encodeEmbedded, reduced } from '../embed.ts';
import { readAssets } from './assets.ts';

const zipped = promisify(gzip);

export async function htmlPage(traces: readonly Trace[], options: EmbedOptions = {}): Promise<string> {
  const assets = await readAssets();
  const script = assets.get('viewer.js')!.bytes.toString('utf8').replaceAll('</script', '<\\/script');
  const style = assets.get('viewer.css')!.bytes.toString('utf8');
  const packed = encodeEmbedded(traces.map((trace) => reduced(trace, options)));
  const data = (await zipped(packed, { level: 9 })).toString('base64');
  const policy =
    `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; ` +
    "img-src data: blob:; base-uri 'none'; form-action 'none'";
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<title>projections</title>',
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="app"><p id="progress">reading the trace</p></div>',
    `<script type="application/octet-stream" id="traces">${data}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
