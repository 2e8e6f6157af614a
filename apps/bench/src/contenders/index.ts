import type { Contender } from '../contender.ts';
import { asgdCpu } from './asgd-cpu.ts';
import { asgdWasm } from './asgd-wasm.ts';
import { asgdWebgpu, asgdWebgpuCaller, callerBudget } from './asgd-webgpu.ts';
import { copyShader } from './copy-shader.ts';
import { handLoop } from './hand-loop.ts';
import { plainC } from './plain-c.ts';
import { pytorch } from './pytorch.ts';
import { tensorflowCpu } from './tensorflow-cpu.ts';
import { tensorflowWasm } from './tensorflow-wasm.ts';
import { tensorflowWebgpu } from './tensorflow-webgpu.ts';

/** Everyone who takes part, ours first. The order is that of the table's columns. */
export function allContenders(python: string): readonly Contender[] {
  return [
    asgdCpu,
    asgdWasm,
    asgdWebgpu,
    asgdWebgpuCaller,
    handLoop,
    plainC,
    tensorflowCpu,
    tensorflowWasm,
    copyShader,
    tensorflowWebgpu,
    callerBudget,
    pytorch(python, 'single'),
    pytorch(python, 'foreach'),
  ];
}
