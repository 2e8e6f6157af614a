import type { Contender } from '../contender.ts';
import { asgdCpu } from './asgd-cpu.ts';
import { handLoop } from './hand-loop.ts';
import { pytorch } from './pytorch.ts';
import { tensorflowCpu } from './tensorflow-cpu.ts';

/** Everyone who takes part, ours first. The order is that of the table's columns. */
export function allContenders(python: string): readonly Contender[] {
  return [asgdCpu, handLoop, tensorflowCpu, pytorch(python, 'single'), pytorch(python, 'foreach')];
}
