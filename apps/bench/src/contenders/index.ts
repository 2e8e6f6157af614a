import type { Contender } from '../contender.ts';
import { nodeWebGPU } from '../node-webgpu.ts';
import { isOurs } from '../plan.ts';
import { asgdCpu } from './asgd-cpu.ts';
import { asgdTfjsCpu, asgdTfjsWasm } from './asgd-tfjs.ts';
import { callerBudget } from './caller-budget.ts';
import { handLoop } from './hand-loop.ts';
import { idInBrowser, inBrowser } from './in-browser.ts';
import { plainC } from './plain-c.ts';
import { portableContenders } from './portable.ts';
import { pytorch } from './pytorch.ts';
import { tensorflowCpu, tensorflowCpuAdam } from './tensorflow-cpu.ts';
import { tensorflowWasm, tensorflowWasmAdam } from './tensorflow-wasm.ts';

/** All contenders, ours first. The order is that of the table's columns. */
export function allContenders(python: string): readonly Contender[] {
  const portable = portableContenders(nodeWebGPU);
  const inNode = [
    asgdCpu,
    asgdTfjsCpu,
    asgdTfjsWasm,
    handLoop,
    plainC,
    tensorflowCpu,
    tensorflowWasm,
    tensorflowCpuAdam,
    tensorflowWasmAdam,
    callerBudget,
    pytorch(python, 'single'),
    pytorch(python, 'foreach'),
  ];
  const everywhere = portable.flatMap((contender) => [
    contender,
    inBrowser(contender, peersInBrowser(contender, portable, inNode)),
  ]);
  const all = [...inNode, ...everywhere];
  return [...all.filter(isOurs), ...all.filter((contender) => !isOurs(contender))];
}

/**
 * Peers that run in the page too are measured in it. Those that are not JavaScript are the same wherever ours run. For
 * the others, the engine would be half of the difference.
 */
function peersInBrowser(
  { peers }: Contender,
  portable: readonly Contender[],
  inNode: readonly Contender[],
): readonly string[] {
  const inPage = peers.filter((peer) => portable.some(({ id }) => id === peer));
  const elsewhere = peers.filter((peer) =>
    inNode.some(({ id, compiledLate }) => id === peer && !compiledLate),
  );
  return [...inPage.map(idInBrowser), ...elsewhere];
}
