import util from 'node:util';
import type { Contender, Probe } from '../contender.ts';
import { adam, tensorflow, type TensorFlowBackend } from './tensorflow.ts';

/** The folder of @tensorflow/tfjs-node. Not everybody can download its binary, so it is nobody's dependency. */
const { ASGD_TFJS_NODE: folder } = process.env;

/** TensorFlow.js's Node binding: TensorFlow in C++. */
export const onNode: TensorFlowBackend = {
  id: 'tensorflow-node',
  label: 'TensorFlow.js node',
  maxThreads: 1,
  backend: 'tensorflow',
  async register() {
    process.env['TF_NUM_INTRAOP_THREADS'] = '1';
    process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
    // Node has it no longer, from 23 on, and version 4.22 does not work without it.
    (util as unknown as Record<string, unknown>)['isNullOrUndefined'] ??= (value: unknown): boolean =>
      value === null || value === undefined;
    await import(`${folder}/dist/index.js`);
  },
  movesLate: true,
  probe,
  largest: { quick: 2 ** 20, thorough: 2 ** 20 },
};

export const tensorflowNode: Contender = tensorflow(onNode);

export const tensorflowNodeAdam: Contender = tensorflow(
  { ...onNode, id: 'tensorflow-node-adam', label: 'TensorFlow.js node, adam' },
  adam,
);

async function probe(version: string): Promise<Probe> {
  if (folder !== undefined) return { available: true, version };
  const reason =
    'the environment variable ASGD_TFJS_NODE does not name the folder of an installed @tensorflow/tfjs-node';
  return { available: false, reason };
}
