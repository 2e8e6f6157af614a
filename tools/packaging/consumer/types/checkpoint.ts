// A user's program in TypeScript. It is only type-checked: against the declarations that the package ships.
import type { Parameter, StateDict } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { loadCheckpoint, loadParameters, saveCheckpoint, toStateDict, type TorchTensor } from '@asgd/torch';

const { model, optimizer } = await loadCheckpoint('checkpoint.pt');
export const dict: StateDict = toStateDict(optimizer);
const parameters: Record<'weight', Parameter> = loadParameters(model, await cpu(), { only: ['weight'] });
export const weight: Parameter = parameters.weight;
const tensor: TorchTensor<'int64'> = { dtype: 'int64', shape: [], values: BigInt64Array.of(1n) };
export const bytes: Uint8Array = await saveCheckpoint({ tensor });

// Had the declarations come out as `any`, nothing here would be an error.
// @ts-expect-error: 64-bit integers are BigInt
export const wrong: TorchTensor<'int64'> = { dtype: 'int64', shape: [], values: Int32Array.of(1) };
// @ts-expect-error: bias was not asked for
export const both: Record<'bias', Parameter> = loadParameters(model, await cpu(), { only: ['weight'] });
// @ts-expect-error: no such format
await saveCheckpoint({}, { format: 'onnx' });
