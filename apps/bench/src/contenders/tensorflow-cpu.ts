import type { Contender } from '../contender.ts';
import { adam, tensorflow, type TensorFlowBackend } from './tensorflow.ts';

/** TensorFlow.js on plain JavaScript, about a tenth of a second for a step of 1 Mi elements. */
export const onCpu: TensorFlowBackend = {
  id: 'tensorflow-cpu',
  label: 'TensorFlow.js cpu',
  maxThreads: 1,
  backend: 'cpu',
  register: () => import('@tensorflow/tfjs-backend-cpu'),
  largest: { quick: 2 ** 20, thorough: 2 ** 24 },
};

export const tensorflowCpu: Contender = tensorflow(onCpu);

export const tensorflowCpuAdam: Contender = tensorflow(
  { ...onCpu, id: 'tensorflow-cpu-adam', label: 'TensorFlow.js cpu, adam' },
  adam,
);
