import { cpu } from '@asgd/cpu';
import type { Backend, Parameter } from '@asgd/core';
import { wasm } from '@asgd/wasm';
import { tensor as tensorOf, Variable, zerosLike } from '@tensorflow/tfjs-core';
import type { Memory } from './memory.ts';

/**
 * The tensors of any TensorFlow.js backend, by its public functions: gradients are read, and variables get new tensors.
 * What a step has written is kept, so that the next step reads gradients only.
 */
export async function openCopies(reason: string): Promise<Memory> {
  const backend: Backend = await wasm().catch(() => cpu());
  /** The values of tensors that a step has written. They do not change: a variable would get another tensor. */
  const known = new WeakMap<object, Parameter>();
  /** Those that this step takes. */
  const taken = new Set<Parameter>();
  const read = new Set<Parameter>();
  return {
    path: 'copied',
    reason,
    backend,
    isShared: () => false,
    copy: (tensor) => tensor.clone(),
    zerosLike,
    wrap(tensor) {
      const values = known.get(tensor.dataId);
      // A gradient that is a variable gets a copy of its own, as it is before the step. So does a second variable that
      // shares the values, as an average that was loaded may.
      if (values && tensor instanceof Variable && !taken.has(values)) {
        taken.add(values);
        return values;
      }
      const copied = backend.parameter(tensor.dataSync<'float32'>());
      read.add(copied);
      return copied;
    },
    run: (step) => step(),
    written(variable, values) {
      const { dataId, shape } = variable;
      const tensor = tensorOf(values.view().slice(), shape, 'float32');
      variable.assign(tensor);
      tensor.dispose();
      known.delete(dataId);
      known.set(variable.dataId, values);
      read.delete(values);
    },
    release() {
      for (const values of read) values.dispose();
      read.clear();
      taken.clear();
    },
  };
}
