/** A fixture program with all its PEs in this thread. */
import type { ProgramModule } from '../../core/message/registry.ts';
import { type InThreadResult, runInThread } from '../../launch/in-thread.ts';

export function runHere(program: ProgramModule, which: string, pes = 2): Promise<InThreadResult> {
  return runInThread({ program, pes, args: [which], seed: 1 });
}
