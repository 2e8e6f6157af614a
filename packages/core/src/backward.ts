import { isMap, isRecord } from './arguments.ts';
import { kernelsOf } from './backend.ts';
import { describe } from './describe.ts';
import { type RealArray, roundTo } from './dtype.ts';
import { ArgumentError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import type { StepSize } from './schedule.ts';
import type { State } from './state.ts';
import type { RecordedStep, RecordedUpdate } from './tape.ts';
import { checkMatch, layoutIn, type Parameter, type Tensor } from './tensor.ts';
import { updateOnce } from './update-once.ts';

// One update is affine in the parameter p, the gradient g and the average ax:
//
//   p'  = decay·p − eta·(±g + weightDecay·p)
//   ax' = (1 − mu)·ax + mu·p'
//
// so the derivatives with respect to its scalars are inner products of these, and what it does to cotangents is again
// an update, p ← p·decay − eta·g, which every backend can compute.

/** Derivatives of a loss with respect to tensors, by parameter. A parameter without an entry has none. */
export type Cotangents = ReadonlyMap<Parameter, Tensor>;

/** Where a differentiation starts: the derivatives of the loss with respect to the values after the last step. */
export interface BackwardSeeds {
  /** With respect to the parameters. */
  readonly parameters?: Cotangents;
  /** With respect to the averages. */
  readonly averages?: Cotangents;
}

/** Derivatives with respect to a group's options, each held constant over the recorded steps. */
export interface OptionGradients {
  /** With respect to the learning rate. */
  lr: number;
  /** With respect to the decay term λ. */
  lambd: number;
  /** With respect to the L2 penalty. */
  weightDecay: number;
}

/** The derivatives of the loss with respect to the inputs of the recorded steps. The tensors belong to the caller. */
export interface BackwardResult {
  /** With respect to the parameters. */
  readonly parameters: ReadonlyMap<Parameter, Tensor>;
  /** With respect to the averages. */
  readonly averages: ReadonlyMap<Parameter, Tensor>;
  /** For each recorded step, first to last: with respect to its gradients. */
  readonly gradients: readonly ReadonlyMap<Parameter, Tensor>[];
  /** By group. */
  readonly options: readonly Readonly<OptionGradients>[];
}

/**
 * Called after each step is differentiated, from the last to the first. If the gradients were computed from the
 * parameters, it returns what that dependence adds, such as a Hessian times the cotangents.
 */
export type ThroughGradients = (
  gradients: Cotangents,
  step: number,
) => Cotangents | void | Promise<Cotangents | void>;

/** Reverse-mode differentiation through recorded steps (SPEC.md, Differentiating). */
export async function differentiate(
  tape: readonly RecordedStep[],
  groups: readonly ParamGroup[],
  states: ReadonlyMap<Parameter, State>,
  seeds: BackwardSeeds,
  through: ThroughGradients,
): Promise<BackwardResult> {
  const isObject: boolean = isRecord(seeds);
  if (!isObject || typeof through !== 'function') {
    throw new ArgumentError(
      `backward() was given ${describe(seeds)} and ${describe(through)}: expected { parameters, averages }, maps ` +
        `from parameters to tensors, and a function or nothing.`,
    );
  }
  const pullback = new Pullback(groups.length);
  const known = new Set(groups.flatMap(({ params }) => params));
  const addTo = (sums: Map<Parameter, Tensor>, cotangents: Cotangents | void): void => {
    if (cotangents === undefined) return;
    checkCotangents(cotangents, known);
    for (const [parameter, cotangent] of cotangents) combine(entryOf(sums, parameter), 1, cotangent, 1);
  };
  try {
    addTo(pullback.parameters, seeds.parameters);
    addTo(pullback.averages, seeds.averages);
    pullback.passOn(states, tape);
    for (const [index, step] of [...tape.entries()].toReversed()) {
      addTo(pullback.parameters, await through(await pullback.step(step), index));
    }
    pullback.gradients.reverse();
    return pullback;
  } catch (error) {
    pullback.dispose();
    throw error;
  }
}

/** Cotangents on their way back through the steps. It owns the tensors. */
class Pullback implements BackwardResult {
  readonly parameters: Map<Parameter, Tensor> = new Map();
  readonly averages: Map<Parameter, Tensor> = new Map();
  /** From the last step to the first, until the end. */
  readonly gradients: Map<Parameter, Tensor>[] = [];
  readonly options: OptionGradients[];

  constructor(groups: number) {
    this.options = Array.from({ length: groups }, () => ({ lr: 0, lambd: 0, weightDecay: 0 }));
  }

  /** Takes the cotangents back through a step, and returns those of its gradients. */
  async step(step: RecordedStep): Promise<Cotangents> {
    const gradients = new Map<Parameter, Tensor>();
    this.gradients.push(gradients);
    const products: Promise<void>[] = [];
    for (const update of step) {
      const { parameter, group } = update;
      const { decay, eta, averaging, mu } = update.scalars;
      const weight = averaging === 'blend' ? mu : 1;
      const ofParameter = entryOf(this.parameters, parameter);
      const ofAverage = entryOf(this.averages, parameter);
      combine(ofParameter, 1, ofAverage, weight);
      const product = this.#addOptions(update, ofParameter);
      product.catch(() => {}); // if something else of this step fails first, that is what is thrown
      products.push(product);
      gradients.set(parameter, scaled(ofParameter, group.maximize ? eta : -eta));
      replace(this.averages, parameter, scaled(ofAverage, 1 - weight));
      replace(this.parameters, parameter, scaled(ofParameter, decay - eta * group.weightDecay));
    }
    await Promise.all(products);
    return gradients;
  }

  /** An average that no recorded step has updated may still be its parameter. Then its cotangent is the parameter's. */
  passOn(states: ReadonlyMap<Parameter, State>, tape: readonly RecordedStep[]): void {
    const recorded = new Set(tape.flat().map(({ parameter }) => parameter));
    for (const [parameter, cotangent] of this.averages) {
      if (recorded.has(parameter) || states.get(parameter)?.average !== null) continue;
      combine(entryOf(this.parameters, parameter), 1, cotangent, 1);
      replace(this.averages, parameter, zerosLike(parameter));
    }
  }

  dispose(): void {
    for (const tensors of [this.parameters, this.averages, ...this.gradients]) {
      for (const tensor of tensors.values()) tensor.dispose();
    }
  }

  async #addOptions(update: RecordedUpdate, cotangent: Tensor): Promise<void> {
    const { parameter, group, groupIndex, scalars, origin, step } = update;
    const { lambd, weightDecay, maximize } = group;
    const kernels = kernelsOf(parameter.backend);
    const [values, before, gradient] = await Promise.all([
      cotangent.read(),
      kernels.read(update.before),
      kernels.read(update.gradient),
    ]);
    const withParameter = dot(values, before);
    const withGradient = maximize ? -dot(values, gradient) : dot(values, gradient);
    const ofEta = -(lambd + weightDecay) * withParameter - withGradient;
    const eta = etaGradients(step, origin);
    const options = this.options[groupIndex];
    if (!options) throw new Error(`No group ${groupIndex}`); // groups are never removed
    options.lr += ofEta * eta.lr;
    options.lambd += ofEta * eta.lambd - scalars.eta * withParameter;
    options.weightDecay -= scalars.eta * withParameter;
  }
}

/** The derivatives of eta = lr / (1 + lambd·lr·step)^alpha; before the first update it is lr itself. */
function etaGradients(
  step: number,
  origin: StepSize | null,
): { readonly lr: number; readonly lambd: number } {
  if (!origin) return { lr: 0, lambd: 0 };
  const { lr, lambd, alpha } = origin;
  const base = 1 + lambd * lr * step;
  const slope = -alpha * lr * step * base ** (-alpha - 1);
  return { lr: base ** -alpha + lambd * slope, lambd: lr * slope };
}

function checkCotangents(cotangents: Cotangents, known: ReadonlySet<Parameter>): void {
  if (!isMap(cotangents)) {
    throw new ArgumentError(
      `Cotangents are ${describe(cotangents)}: expected a Map from parameters to tensors.`,
    );
  }
  for (const [parameter, cotangent] of cotangents) {
    if (!known.has(parameter)) {
      throw new ArgumentError(
        `A cotangent is for ${describe(parameter)}, which is in none of this optimizer's groups.`,
      );
    }
    checkMatch(cotangent, parameter, `The cotangent of ${parameter}`);
  }
}

function entryOf(tensors: Map<Parameter, Tensor>, parameter: Parameter): Tensor {
  const tensor = tensors.get(parameter) ?? zerosLike(parameter);
  tensors.set(parameter, tensor);
  return tensor;
}

function replace(tensors: Map<Parameter, Tensor>, parameter: Parameter, tensor: Tensor): void {
  tensors.get(parameter)?.dispose();
  tensors.set(parameter, tensor);
}

function zerosLike({ backend, shape, dtype }: Tensor): Tensor {
  return backend.zeros(shape, { dtype });
}

function scaled(tensor: Tensor, factor: number): Tensor {
  const result = zerosLike(tensor);
  combine(result, 0, tensor, factor);
  return result;
}

/** x = a·x + b·y: an update with decay a and step size −b. */
function combine(x: Tensor, a: number, y: Tensor, b: number): void {
  const { real } = layoutIn(x);
  const scalars = {
    decay: roundTo(real, a),
    eta: roundTo(real, -b),
    mu: 1,
    weightDecay: 0,
    sign: 1,
  } as const;
  updateOnce([{ tensor: x, gradient: y, average: null }], 'none', { on: 'host', ...scalars });
}

function dot(a: RealArray, b: RealArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
