/** Bench `resumable`: async functions that are compiled so that they can be packed, beside the same as the language has them. */
import { Registry } from '../../core/message/registry.ts';
import { decodeState } from '../../core/pup/decode.ts';
import { encodeState } from '../../core/pup/encode.ts';
import { Reader } from '../../core/pup/reader.ts';
import { Writer } from '../../core/pup/writer.ts';
import * as runtime from '../../core/resumable/index.ts';
import { whilePacking } from '../../core/resumable/promised.ts';
import { compileModule } from '../../resumable/compile/compile.ts';
import { type Bench, targetOver } from '../bench.ts';
import { memcpyRoundTrip } from '../calibration/memcpy.ts';
import { collect, type Work } from '../sampling.ts';

/** Two sides that hand each other a number; a grid that is relaxed, with an await after each sweep. */
const source = `
async function side(mine, other, rounds) {
  let sum = 0;
  for (let i = 0; i < rounds; i++) {
    other.put(i);
    sum += await mine.take();
  }
  return sum;
}
async function relax(sweeps, pause) {
  const n = 256;
  let old = new Float64Array((n + 2) * (n + 2)).fill(1);
  let now = new Float64Array((n + 2) * (n + 2));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let i = 1; i <= n; i++) {
      const row = i * (n + 2);
      for (let j = 1; j <= n; j++) {
        const at = row + j;
        now[at] = 0.25 * (old[at - 1] + old[at + 1] + old[at - n - 2] + old[at + n + 2]);
      }
    }
    [old, now] = [now, old];
    await pause();
  }
  return old[n + 3];
}
async function hold(grid, wait) {
  await wait;
  return grid[0];
}
`;

type Program = Record<'side' | 'relax' | 'hold', (...args: unknown[]) => Promise<unknown>>;

/** A place for numbers, two at most, at which one side waits. */
interface Slot {
  put(value: number): void;
  take(): unknown;
}

class NativeSlot implements Slot {
  readonly #values: number[] = [];
  #resolve: ((value: number) => void) | undefined = undefined;

  put(value: number): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve === undefined) this.#values.push(value);
    else resolve(value);
  }

  take(): unknown {
    if (this.#values.length > 0) return this.#values.pop();
    return new Promise<number>((resolve) => {
      this.#resolve = resolve;
    });
  }
}

class ResumableSlot implements Slot {
  readonly #values: number[] = [];
  #waiting: runtime.Promised | undefined = undefined;

  put(value: number): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#values.push(value);
    else waiting.settleFor(runtime.Status.fulfilled, value)?.goOn();
  }

  take(): unknown {
    if (this.#values.length > 0) return this.#values.pop();
    this.#waiting = new runtime.Promised(undefined);
    return this.#waiting;
  }
}

function nativeProgram(): Program {
  return new Function(`'use strict';${source}return { side, relax, hold };`)() as Program;
}

function compiledProgram(): Program {
  const { code } = compileModule(source, { file: 'resumable.js', runtime: 'runtime' });
  const body = code.replace(/^import .*$/m, "'use strict';");
  return new Function('$r', `${body}\nreturn { side, relax, hold };`)(runtime) as Program;
}

function pingPong({ side }: Program, make: () => Slot): Work {
  return {
    step: 2,
    run: async (count) => {
      const [a, b] = [make(), make()];
      const start = performance.now();
      await Promise.all([side(a, b, count / 2), side(b, a, count / 2)]);
      return performance.now() - start;
    },
  };
}

function sweeps({ relax }: Program, pause: () => unknown): Work {
  return {
    run: async (count) => {
      const start = performance.now();
      await relax(count, pause);
      return performance.now() - start;
    },
  };
}

function settledSoon(): runtime.Promised {
  const promised = new runtime.Promised(undefined);
  void Promise.resolve().then(() => promised.settle(runtime.Status.fulfilled, undefined));
  return promised;
}

/** Packs and unpacks a call that holds 256 KiB. */
function packing({ hold }: Program): Work {
  const { classes } = new Registry({ default: () => undefined });
  const frame = hold(new Float64Array(32_768), new runtime.Promised(undefined));
  const writer = new Writer(classes);
  const once = (): void => {
    writer.begin(1, 0, 0, 0, 0);
    encodeState(writer, frame, 'a frame');
    writer.end();
    decodeState(Reader.over(writer.copyFrame()), { handle: () => undefined, classes });
  };
  return {
    run: (count) =>
      whilePacking(undefined, () => {
        const start = performance.now();
        for (let i = 0; i < count; i++) once();
        return performance.now() - start;
      }),
  };
}

/** Nanoseconds that plain async functions took in the prototype on the reference machine. */
const asyncNs = 123;

export const resumable: Bench = {
  name: 'resumable',
  summary:
    'async functions whose frames can be packed, beside plain ones: hand over, relax a 256 x 256 grid, pack 256 KiB',
  cases: [
    { name: 'hand-over', unit: 'ns', target: targetOver(asyncNs, asyncNs) },
    { name: 'jacobi-256', unit: 'us', target: { ratio: 1.1 } },
    { name: 'pack-256-KiB', unit: 'ms', target: { figure: 0.3 } },
  ],
  sample: ({ plan }) => {
    const [native, compiled] = [nativeProgram(), compiledProgram()];
    const beside = (work: Work): Work & { readonly name: string } => ({ ...work, name: 'plain async functions' });
    return collect(plan, [
      {
        case: 'hand-over',
        figure: pingPong(compiled, () => new ResumableSlot()),
        calibration: beside(pingPong(native, () => new NativeSlot())),
      },
      {
        case: 'jacobi-256',
        figure: sweeps(compiled, settledSoon),
        calibration: beside(sweeps(native, () => Promise.resolve())),
      },
      { case: 'pack-256-KiB', figure: packing(compiled), calibration: memcpyRoundTrip(262_144) },
    ]);
  },
};
