/**
 * Node runtimes of one machine talk over named pipes, in a folder that only this user can enter. Addresses: paths of doors.
 *
 *  1. Whoever listens makes a pipe, its door, and reads from it.
 *  2. Whoever connects makes two pipes, one for each way, with a random number in their names; opens them; and writes the number
 *     into the door, in one piece.
 *  3. The listener opens both, takes their names away, and sends a byte. Then both sides are there, and the end of either is the end
 *     of the stream for the other.
 *
 * A pipe can be opened for writing only if somebody reads. So until the byte has come, the one who connects keeps its own way open
 * for reading too. Not for Windows, whose named pipes are what Node.js calls local sockets there: use `unix`.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CarriedStream, MakeCarrier } from '../sockets/carrier.ts';
import { PipeStream } from './pipe-stream.ts';

const makePipes = promisify(execFile);
const numberBytes = 16;
const lineLength = 2 * numberBytes + 1;
const readEnd = constants.O_RDONLY | constants.O_NONBLOCK;
const writeEnd = constants.O_WRONLY | constants.O_NONBLOCK;
const bothEnds = constants.O_RDWR | constants.O_NONBLOCK;

/** Of the one who connects: `out` and of the listener: `back`. */
function waysAt(door: string, number: string): { readonly out: string; readonly back: string } {
  return { out: `${door}-${number}-out`, back: `${door}-${number}-back` };
}

export const pipeCarrier: MakeCarrier = ({ folder, node }) => {
  const door = join(folder, `door-${node}`);
  let knocks: Socket | undefined;
  let isUnref = false;
  return {
    listen: async (onStream) => {
      await makePipes('mkfifo', ['-m', '600', door]);
      // With a writing end of its own it never ends, however many come and go.
      knocks = new Socket({ fd: openSync(door, bothEnds), readable: true, writable: false });
      if (isUnref) knocks.unref();
      let open = '';
      knocks.setEncoding('latin1').on('data', (text: string) => {
        const lines = (open + text).split('\n');
        open = lines.pop()!.slice(0, lineLength);
        for (const number of lines) if (/^[0-9a-f]{32}$/.test(number)) answer(door, number, onStream);
      });
      return door;
    },
    connect: (address) => {
      const stream = new PipeStream();
      knock(address, stream).catch((error: unknown) => stream.destroy(error as Error));
      return { stream, unref: () => stream.unref() };
    },
    unref: () => {
      isUnref = true;
      knocks?.unref();
    },
    close: () => {
      knocks?.destroy();
      rmSync(door, { force: true });
    },
  };
};

/** @throws Error of the system */
async function knock(door: string, stream: PipeStream): Promise<void> {
  const number = randomBytes(numberBytes).toString('hex');
  const { out, back } = waysAt(door, number);
  const doorFd = openSync(door, writeEnd);
  let keptFd = -1;
  try {
    await makePipes('mkfifo', ['-m', '600', out, back]);
    keptFd = openSync(out, bothEnds);
    stream.attach(openSync(back, readEnd), openSync(out, writeEnd), 1, () => closeKept());
    writeSync(doorFd, `${number}\n`);
  } finally {
    closeSync(doorFd);
  }
  function closeKept(): void {
    if (keptFd !== -1) closeSync(keptFd);
    keptFd = -1;
  }
  stream.once('close', closeKept);
}

/** A number that nobody waits for any more, or never did, is not worth a line. */
function answer(door: string, number: string, onStream: (carried: CarriedStream) => void): void {
  const { out, back } = waysAt(door, number);
  const opened: number[] = [];
  try {
    opened.push(openSync(out, readEnd), openSync(back, writeEnd));
    for (const path of [out, back]) unlinkSync(path);
    writeSync(opened[1]!, '+');
  } catch {
    for (const fd of opened) closeSync(fd);
    return;
  }
  const stream = new PipeStream();
  stream.attach(opened[0]!, opened[1]!);
  onStream({ stream, unref: () => stream.unref() });
}
