/** Files as a stream of bytes, gzipped or not. What could be had before an error is handed out. */
import { createReadStream } from 'node:fs';
import { constants, createGunzip } from 'node:zlib';

/** Taken synchronously, piece by piece. @returns whether to go on. */
export type ByteHandler = (chunk: Buffer) => boolean;

const pieceBytes = 1 << 18;
/** Logs pack to a tenth or a thirtieth. What unpacks to more than this is made to fill the disk or the memory. */
const unpackFactorMax = 250;
const unpackFreeBytes = 64 << 20;

/**
 * Reads a file to its end, or until the handler has enough. A `.gz` that is cut gives what is in it; one that is
 * damaged gives what lies before the damage.
 *
 * @returns what went wrong, if something did. What the handler throws is thrown.
 */
export function readBytes(path: string, handle: ByteHandler): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const source = createReadStream(path, { highWaterMark: pieceBytes });
    const isZipped = path.endsWith('.gz');
    // A cut file is no error here: whoever reads it notices that the end is missing.
    const bytes = isZipped
      ? source.pipe(createGunzip({ chunkSize: pieceBytes, finishFlush: constants.Z_SYNC_FLUSH }))
      : source;
    const stop = (): void => {
      source.destroy();
      bytes.destroy();
    };
    let unpacked = 0;
    // Handled as they come and never kept: an error must not take what was decoded before it.
    bytes.on('data', (chunk: Buffer) => {
      unpacked += chunk.length;
      if (isZipped && unpacked > unpackFreeBytes && unpacked > unpackFactorMax * source.bytesRead) {
        resolve(`unpacks to more than ${unpackFactorMax} times its size; nothing is read from here`);
        return stop();
      }
      try {
        if (handle(chunk)) return;
        resolve(undefined);
      } catch (error) {
        reject(error);
      }
      stop();
    });
    bytes.on('end', () => resolve(undefined));
    for (const stream of new Set([source, bytes])) {
      stream.on('error', (error: Error) => {
        resolve(stream === source ? error.message : `damaged: ${error.message}`);
        stop();
      });
    }
  });
}
