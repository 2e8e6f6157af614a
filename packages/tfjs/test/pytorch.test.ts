import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asgd, AsgdOptimizer, type AsgdOptions } from '../src/index.ts';
import { paths, use } from './backends.ts';
import { readJson } from './read-json.ts';

// The float32 vectors of @asgd/conformance, whose vectors/README.md describes the format: training runs with the results
// of torch.optim.ASGD after each step. Arrays are base64.

interface Trace {
  readonly id: string;
  readonly groups: readonly { readonly parameters: readonly number[]; readonly options: AsgdOptions }[];
  readonly parameters: readonly { readonly shape: number[]; readonly initial: string }[];
  readonly steps: readonly Step[];
}

interface Step {
  /** Edits before the step, by group. */
  readonly options?: readonly AsgdOptions[];
  /** Whether a new optimizer takes over before the step. */
  readonly resume?: true;
  readonly gradients: readonly (string | null)[];
  readonly parameters: readonly string[];
  readonly state: readonly (RecordedState | null)[];
}

interface RecordedState {
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
  readonly ax: string;
}

const folder = '../node_modules/@asgd/conformance/vectors';
const { traces } = await readJson<{ readonly traces: readonly Trace[] }>(`${folder}/float32.json`);
const manifest = await readJson<{
  readonly subnormalTraces: readonly string[];
  readonly files: readonly { readonly name: string; readonly traces: number }[];
}>(`${folder}/manifest.json`);

const decode = (text: string): Float32Array => {
  const { buffer } = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(buffer);
};

test('all traces are there', () => {
  const file = manifest.files.find(({ name }) => name === 'float32.json');
  expect(traces).toHaveLength(file?.traces ?? NaN);
});

/** A group of PyTorch's optimizer is an optimizer here. */
class Group {
  readonly variables: readonly tf.Variable[];
  #optimizer: AsgdOptimizer;

  private constructor(variables: readonly tf.Variable[], optimizer: AsgdOptimizer) {
    this.variables = variables;
    this.#optimizer = optimizer;
  }

  static async open(variables: readonly tf.Variable[], options: AsgdOptions): Promise<Group> {
    return new Group(variables, await asgd(options));
  }

  edit(options: AsgdOptions): void {
    Object.assign(this.#optimizer.options, options);
  }

  /** A new optimizer, which learns only what the old one saves. */
  async resume(): Promise<void> {
    const weights = await this.#optimizer.getWeights();
    const config = JSON.parse(JSON.stringify(this.#optimizer.getConfig())) as tf.serialization.ConfigDict;
    this.dispose();
    this.#optimizer = AsgdOptimizer.fromConfig<AsgdOptimizer>(AsgdOptimizer, config);
    await this.#optimizer.setWeights(weights);
    tf.dispose(weights.map(({ tensor }) => tensor));
  }

  step(gradients: readonly (string | null)[]): void {
    tf.tidy(() => {
      const named = this.variables.map(({ name, shape }, at) => {
        const gradient = gradients[at] ?? null;
        return { name, tensor: gradient === null ? null : tf.tensor(decode(gradient), shape, 'float32') };
      });
      this.#optimizer.applyGradients(named as { name: string; tensor: tf.Tensor }[]);
    });
  }

  /** By variable, what is saved of it: `null` before its first step. */
  async states(): Promise<readonly (Omit<RecordedState, 'ax'> | null)[]> {
    const weights = await this.#optimizer.getWeights();
    const bits = Int32Array.from((await weights[2]?.tensor.data<'int32'>()) ?? []);
    const numbers = new Float64Array(bits.buffer);
    const names = weights.slice(3).map(({ name }) => name);
    tf.dispose(weights.map(({ tensor }) => tensor));
    return this.variables.map(({ name }) => {
      const at = names.indexOf(`${name}/asgd_average`);
      const [step = NaN, eta = NaN, mu = NaN] = numbers.slice(3 * at);
      return at < 0 ? null : { step, eta, mu };
    });
  }

  async averageOf(variable: tf.Variable): Promise<number[]> {
    const average = this.#optimizer.averageOf(variable);
    const values = await average.data();
    average.dispose();
    return [...values];
  }

  dispose(): void {
    this.#optimizer.dispose();
  }
}

describe.each(paths)('on TensorFlow.js %s', (name) => {
  beforeEach(() => use(name));
  afterEach(() => tf.disposeVariables());

  // A GPU may take subnormal numbers for zeros, and the software one here does.
  const followed = traces.filter(({ id }) => name !== 'webgpu' || !manifest.subnormalTraces.includes(id));

  // The file's rule for arithmetic that rounds after every operation: every bit is the same, and NaN is NaN.
  test.each(followed)('gives PyTorch’s bits after each step: $id', async ({ groups, parameters, steps }) => {
    const variables = parameters.map(({ shape, initial }) =>
      tf.tidy(() => tf.variable(tf.tensor(decode(initial), shape, 'float32'))),
    );
    const of = <Value>(values: readonly Value[], at: readonly number[]): Value[] =>
      at.map((index) => values[index] as Value);
    const optimizers = await Promise.all(
      groups.map(async ({ parameters: at, options }) => Group.open(of(variables, at), options)),
    );
    for (const step of steps) {
      for (const [index, group] of optimizers.entries()) {
        const { parameters: at = [] } = groups[index] ?? {};
        group.edit(step.options?.[index] ?? {});
        if (step.resume) await group.resume();
        group.step(of(step.gradients, at));
        const states = await group.states();
        const found = await Promise.all(
          group.variables.map(async (variable, position) => ({
            values: [...(await variable.data())],
            state: states[position] && { ...states[position], ax: await group.averageOf(variable) },
          })),
        );
        const recorded = of(step.state, at);
        expect(found).toStrictEqual(
          of(step.parameters, at).map((values, position) => {
            const state = recorded[position] ?? null;
            return { values: [...decode(values)], state: state && { ...state, ax: [...decode(state.ax)] } };
          }),
        );
      }
    }
    for (const group of optimizers) group.dispose();
  });
});
