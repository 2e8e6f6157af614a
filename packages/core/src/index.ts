export { ASGD } from './asgd.ts';
export type { CapturedStep } from './step.ts';
export type {
  BackwardResult,
  BackwardSeeds,
  Cotangents,
  OptionGradients,
  ThroughGradients,
} from './backward.ts';
export { defineBackend } from './backend.ts';
export { arrayType, type DType, dtypeOf, type RealArray, type RealDType } from './dtype.ts';
export * from './errors.ts';
export { asgd, type FunctionalOptions } from './functional.ts';
export type { ParamGroup, ParamGroupInput, ParameterInput, ParamsInput } from './groups.ts';
export type {
  HookHandle,
  HookOptions,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  StateDictPostHook,
  StateDictPreHook,
  StepArguments,
  StepPostHook,
  StepPreHook,
} from './hooks.ts';
export { registerOptimizerStepPostHook, registerOptimizerStepPreHook } from './optimizer-hooks.ts';
export { CONTRACT_VERSION } from './kernels.ts';
export type {
  Averaging,
  Capabilities,
  CommonScalars,
  DeviceScalars,
  HostScalars,
  Kernels,
  StepBatch,
  StepItem,
  StepScalars,
  Wrapped,
} from './kernels.ts';
export { type AveragesPart, mergeAverages } from './merge-averages.ts';
export { NonMonotoneTrigger } from './non-monotone-trigger.ts';
export type { Options } from './options.ts';
export type { Awaitable } from './run-then.ts';
export type { Counters } from './schedule.ts';
export type { ParameterState } from './state.ts';
export type { SavedGroup, SavedScalar, SavedState, SavedTensor, StateDict } from './state-dict.ts';
export type {
  Backend,
  BackendCapabilities,
  Parameter,
  ParameterOptions,
  Tensor,
  TensorOptions,
} from './tensor.ts';
