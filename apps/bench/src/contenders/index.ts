import type { Contender } from '../contender.ts';
import { nodeWebGPU } from '../node-webgpu.ts';
import { isOurs } from '../plan.ts';
import { asgdCpu } from './asgd-cpu.ts';
import { asgdTfjs } from './asgd-tfjs.ts';
import { callerBudget } from './caller-budget.ts';
import { handLoop } from './hand-loop.ts';
import { idInBrowser, inBrowser } from './in-browser.ts';
import { plainC } from './plain-c.ts';
import { pageContenders, portableContenders } from './portable.ts';
import { pytorch } from './pytorch.ts';
import { onCpu, tensorflowCpu, tensorflowCpuAdam } from './tensorflow-cpu.ts';
import { onNode, tensorflowNode, tensorflowNodeAdam } from './tensorflow-node.ts';
import { onWasm, tensorflowWasm, tensorflowWasmAdam } from './tensorflow-wasm.ts';

/** All contenders, ours first. The order is that of the table's columns. */
export function allContenders(python: string): readonly Contender[] {
  const portable = portableContenders(nodeWebGPU);
  const inNode = [
    asgdCpu,
    asgdTfjs(onCpu),
    asgdTfjs(onWasm),
    asgdTfjs(onNode),
    handLoop,
    plainC,
    tensorflowCpu,
    tensorflowWasm,
    tensorflowCpuAdam,
    tensorflowWasmAdam,
    tensorflowNode,
    tensorflowNodeAdam,
    callerBudget,
    pytorch(python, 'single'),
    pytorch(python, 'foreach'),
  ];
  const inPage = [...portable, ...pageContenders];
  const everywhere = inPage.flatMap((contender) => [
    ...(portable.includes(contender) ? [contender] : []),
    inBrowser(contender, peersInBrowser(contender, inPage, inNode)),
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
  inPage: readonly Contender[],
  inNode: readonly Contender[],
): readonly string[] {
  const beside = peers.filter((peer) => inPage.some(({ id }) => id === peer));
  const elsewhere = peers.filter((peer) =>
    inNode.some(({ id, compiledLate }) => id === peer && !compiledLate),
  );
  return [...beside.map(idInBrowser), ...elsewhere];
}
