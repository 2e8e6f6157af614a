export {
  openCheckpoint,
  loadCheckpoint,
  type Checkpoint,
  type LoadOptions,
  type TensorEntry,
} from './open.ts';
export type { CheckpointFormat } from './document.ts';
export type { TorchDType, Values, ValuesByDType, ValuesFor } from './dtype.ts';
export { CheckpointError } from './errors.ts';
export type { Limits } from './limits.ts';
export { Complex, DTypeObject, moduleVersions } from './objects.ts';
export { saveCheckpoint, type SaveOptions, streamCheckpoint } from './save.ts';
export type { BlobSource, CheckpointSource, StreamSource } from './source.ts';
export type { TorchTensor } from './tensor.ts';
export { loadParameters, type LoadParametersOptions, saveParameters } from './parameters.ts';
export { toStateDict, toTorch, type TorchGroup, type TorchState, type TorchStateDict } from './state-dict.ts';
