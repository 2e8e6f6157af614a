import {
  ASGD,
  type BackwardResult,
  type Cotangents,
  type Parameter,
  type RealArray,
  type SavedState,
  type StateDict,
  type Tensor,
} from '@asgd/core';
import type { Case, Context } from '../../case.ts';
import { compare, formatUlp, MismatchError, type Requirement } from '../../compare.ts';
import { checkSchedule } from '../../exact.ts';
import { realOf, ulpOf, zeros } from '../../rounding.ts';
import { boundAfter, dtypesOf, raiseScale, withinBound } from '../../vectors.ts';
import {
  decodeDerivativeTrace,
  type DerivativeTrace,
  loadDerivativeTraces,
  type OptionName,
  type StoredDerivativeTrace,
} from '../../vectors-derivatives.ts';
import { expectSame } from '../expect.ts';
import manifest from '../../../vectors/manifest.json' with { type: 'json' };

const { tensorUlpPerStep, optionUlpPerStep } = manifest.tolerance.derivatives;

/** Compares derivatives with those of PyTorch's autograd, within the manifest's bounds. */
export async function derivativeVectorCases(): Promise<readonly Case[]> {
  return (await loadDerivativeTraces()).map(vectorCase);
}

function vectorCase(stored: StoredDerivativeTrace): Case {
  return {
    id: `vectors/${stored.id}`,
    spec: 'Differentiating',
    needs: { dtypes: [...new Set(dtypesOf(stored, 'float32'))] },
    run: (context) => differentiate(decodeDerivativeTrace(stored), context),
  };
}

async function differentiate(trace: DerivativeTrace, { backend, recordUlp }: Context): Promise<void> {
  const parameters = trace.parameters.map(({ dtype, shape, initial }) =>
    backend.parameter(initial, { dtype, shape }),
  );
  const optimizer = new ASGD(
    trace.groups.map(({ options, parameters: members }) => ({
      ...options,
      params: members.flatMap((index) => parameters[index] ?? []),
    })),
    { differentiable: true },
  );
  if (trace.start.length > 0) optimizer.loadStateDict(await startingWith(trace, optimizer));
  await takeSteps(trace, parameters, optimizer, recordUlp);

  const cotangents = (reals: readonly (RealArray | null)[]): Cotangents =>
    new Map(
      parameters.flatMap((parameter, index) => {
        const values = reals[index];
        return values ? [[parameter, tensorLike(parameter, values)] as const] : [];
      }),
    );
  const result = await optimizer.backward(
    { parameters: cotangents(trace.loss.parameters), averages: cotangents(trace.loss.averages) },
    (gradients) => throughHessians(trace, parameters, gradients),
  );
  await checkResult(trace, parameters, result, recordUlp);
}

function tensorLike({ backend, dtype, shape }: Tensor, values: RealArray): Tensor {
  return backend.tensor(values, { dtype, shape });
}

async function startingWith({ parameters, start }: DerivativeTrace, optimizer: ASGD): Promise<StateDict> {
  const state: Record<number, SavedState> = {};
  for (const [index, { ax, ...schedule }] of start.entries()) {
    const { dtype = 'float32', shape = [] } = parameters[index] ?? {};
    state[index] = { ...schedule, ax: { dtype, shape, values: ax } };
  }
  return { ...(await optimizer.stateDict()), state };
}

/** Takes the steps and compares them with the record: derivatives of a different run would prove nothing. */
async function takeSteps(
  trace: DerivativeTrace,
  parameters: readonly Parameter[],
  optimizer: ASGD,
  recordUlp: (ulp: number) => void,
): Promise<void> {
  const scales = trace.parameters.map(({ initial }) => {
    const scale = new Float64Array(initial.length);
    raiseScale(scale, initial);
    return scale;
  });
  for (const [stepIndex, step] of trace.steps.entries()) {
    step.options?.forEach((options, group) => Object.assign(optimizer.paramGroups[group] ?? {}, options));
    for (const [index, parameter] of parameters.entries()) {
      const values = step.gradients[index];
      parameter.grad?.dispose();
      parameter.grad = values ? tensorLike(parameter, values) : null;
    }
    optimizer.step();
    for (const [index, parameter] of parameters.entries()) {
      const recorded = trace.recorded[stepIndex]?.[index];
      const scale = scales[index] ?? new Float64Array(0);
      if (!recorded) continue;
      raiseScale(scale, recorded.values);
      const what = `parameter ${index} after step ${stepIndex + 1}`;
      const bound = boundAfter(stepIndex + 1, parameter.backend.capabilities);
      compare(what, await parameter.read(), withinBound(recorded.values, scale, bound), recordUlp);
      const state = optimizer.state.get(parameter);
      if (!recorded.state || !state) continue;
      const ax = await state.ax.read();
      checkSchedule(what, { ...(await state.read()), ax }, recorded.state);
      compare(`the average of ${what}`, ax, withinBound(recorded.state.ax, scale, bound), recordUlp);
    }
  }
}

/** What gradients H p + constants add to the derivatives with respect to p. */
async function throughHessians(
  { hessians }: DerivativeTrace,
  parameters: readonly Parameter[],
  gradients: Cotangents,
): Promise<Cotangents | void> {
  if (hessians.length === 0) return;
  const added = new Map<Parameter, Tensor>();
  for (const [index, parameter] of parameters.entries()) {
    const hessian = hessians[index];
    const cotangent = await gradients.get(parameter)?.read();
    if (!hessian || !cotangent) continue;
    const product = zeros(realOf(parameter.dtype), parameter.length);
    for (const row of product.keys()) {
      let sum = 0;
      for (const [column, value] of cotangent.entries()) {
        sum += (hessian[row * product.length + column] ?? NaN) * value;
      }
      product[row] = sum;
    }
    added.set(parameter, tensorLike(parameter, product));
  }
  return added;
}

async function checkResult(
  { derivatives, magnitudes, steps, groups }: DerivativeTrace,
  parameters: readonly Parameter[],
  result: BackwardResult,
  recordUlp: (ulp: number) => void,
): Promise<void> {
  const checkTensors = async (
    what: string,
    ours: ReadonlyMap<Parameter, Tensor> | undefined,
    recorded: readonly (RealArray | null)[],
    sizes: readonly (number | null)[] | undefined,
  ): Promise<void> => {
    for (const [index, parameter] of parameters.entries()) {
      const expected = recorded[index];
      if (!expected) continue;
      const name = `the derivative with respect to ${what} ${index}`;
      const values = await ours?.get(parameter)?.read();
      if (!values) throw new MismatchError(`${name} is missing.`);
      const ulp = ulpOf(realOf(parameter.dtype), sizes?.[index] ?? NaN);
      compare(name, values, within(expected, tensorUlpPerStep * steps.length, ulp), recordUlp);
    }
  };
  await checkTensors('parameter', result.parameters, derivatives.parameters, magnitudes.parameters);
  await checkTensors('average', result.averages, derivatives.averages, magnitudes.averages);
  expectSame(result.gradients.length, steps.length, 'The number of differentiated steps');
  for (const [step, recorded] of derivatives.gradients.entries()) {
    const what = `step ${step + 1}'s gradient of parameter`;
    await checkTensors(what, result.gradients[step], recorded, magnitudes.gradients[step]);
  }
  for (const [group, recorded] of derivatives.options.entries()) {
    const isSingle = groups[group]?.parameters.some(
      (index) => realOf(parameters[index]?.dtype ?? 'float32') === 'float32',
    );
    for (const name of ['lr', 'lambd', 'weightDecay'] satisfies OptionName[]) {
      const ulp = ulpOf(isSingle ? 'float32' : 'float64', magnitudes.options[group]?.[name] ?? NaN);
      const ours = result.options[group]?.[name] ?? NaN;
      const ulps = Math.abs(ours - recorded[name]) / ulp;
      recordUlp(ulps);
      if (ulps <= optionUlpPerStep * steps.length) continue;
      throw new MismatchError(
        `the derivative with respect to ${name} of group ${group} is ${ours}; expected ${recorded[name]} ` +
          `(${formatUlp(ulps)} apart).`,
      );
    }
  }
}

function within(recorded: RealArray, bound: number, ulp: number): Requirement {
  const expected = (index: number): number => recorded[index] ?? NaN;
  const distance = (index: number, actual: number): number => Math.abs(actual - expected(index)) / ulp;
  return {
    dtype: recorded instanceof Float32Array ? 'float32' : 'float64',
    length: recorded.length,
    expected,
    accepts: (index, actual) => distance(index, actual) <= bound,
    describe: (index) => `${expected(index)} ± ${bound * ulp} (PyTorch's)`,
    ulp: distance,
  };
}
