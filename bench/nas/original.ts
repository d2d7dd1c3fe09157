/**
 * The original NAS kernels in Fortran and C over Open MPI, for comparison: built in the folder of NPB that the user names (NPB3.4-MPI
 * or the like), and run with `mpirun`. Needs gfortran, mpif90 and mpirun.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Kernel, ProblemClass } from './run-kernel.ts';

const run = promisify(execFile);

export class Original {
  readonly #folder: string;
  readonly #signal: AbortSignal;

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** What is missing; undefined if all is there. */
  async missing(): Promise<string | undefined> {
    if (!existsSync(join(this.#folder, 'Makefile')))
      return `${this.#folder} has no Makefile; name the folder NPB3.4-MPI`;
    for (const tool of ['gfortran', 'mpif90', 'mpirun', 'make']) {
      try {
        await run('which', [tool]);
      } catch {
        return `${tool} is not installed (on Debian: apt-get install gfortran openmpi-bin libopenmpi-dev make)`;
      }
    }
    return undefined;
  }

  /** Millions of operations a second on so many processes. @throws Error if it can't be built or its answer is wrong */
  async mops(kernel: Kernel, problem: ProblemClass, processes: number): Promise<number> {
    const cwd = this.#folder;
    const config = join(cwd, 'config');
    if (!existsSync(join(config, 'make.def')))
      copyFileSync(join(config, 'make.def.template'), join(config, 'make.def'));
    // NPB's older Fortran passes arguments of different types, which newer compilers refuse.
    const flags = [
      'FFLAGS=-O3 -fallow-argument-mismatch',
      'CFLAGS=-O3',
      'MPIF77=mpif90',
      'MPIFC=mpif90',
      'MPICC=mpicc',
    ];
    const options = { cwd, signal: this.#signal, maxBuffer: 1 << 24 };
    await run('make', [kernel, `CLASS=${problem}`, `NPROCS=${processes}`, ...flags], options);
    const plain = join(cwd, 'bin', `${kernel}.${problem}.x`);
    const numbered = join(cwd, 'bin', `${kernel}.${problem}.${processes}`);
    const binary = existsSync(plain) ? plain : numbered;
    const mpirun = ['--allow-run-as-root', '--oversubscribe', '-n', String(processes), binary];
    const { stdout } = await run('mpirun', mpirun, options);
    const total = /Mop\/s total\s*=\s*([\d.]+)/.exec(stdout)?.[1];
    if (total === undefined || !/Verification\s*=\s*SUCCESSFUL/.test(stdout))
      throw new Error(`${kernel}.${problem} of NPB on ${processes} processes is not verified:\n${stdout.slice(-1000)}`);
    return Number(total);
  }
}
