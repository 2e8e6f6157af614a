import type { Contender } from '../contender.ts';
import { nodeWebGPU } from '../node-webgpu.ts';
import { isOurs } from '../plan.ts';
import { asgdCpu } from './asgd-cpu.ts';
import { callerBudget } from './caller-budget.ts';
import { handLoop } from './hand-loop.ts';
import { plainC } from './plain-c.ts';
import { portableContenders } from './portable.ts';
import { pytorch } from './pytorch.ts';
import { tensorflowCpu } from './tensorflow-cpu.ts';
import { tensorflowWasm } from './tensorflow-wasm.ts';

/** Everyone who takes part, ours first. The order is that of the table's columns. */
export function allContenders(python: string): readonly Contender[] {
  const portable = portableContenders(nodeWebGPU);
  const inNode = [
    asgdCpu,
    handLoop,
    plainC,
    tensorflowCpu,
    tensorflowWasm,
    callerBudget,
    pytorch(python, 'single'),
    pytorch(python, 'foreach'),
  ];
  const all = [...inNode, ...portable];
  return [...all.filter(isOurs), ...all.filter((contender) => !isOurs(contender))];
}
