// An entry of its own, `@asgd/linear/merge`: a page that trains or predicts needs none of it.

import { ArgumentError, describe, mergeAverages } from '@asgd/core';
import { fromBase64, toBase64 } from './base64.ts';
import { ASGDClassifier } from './classifier.ts';
import { ModelError } from './errors.ts';
import type { ModelJson } from './json.ts';
import { ASGDRegressor } from './regressor.ts';

/** A model that was trained on a part of the rows, and what it counts when it is merged with others. Plain JSON. */
export interface ModelPart {
  /** What it is. */
  readonly format: 'asgd-linear-part';
  /** Of this format. */
  readonly version: 1;
  /** The step of the model that training went on from; 0 for one that had seen no rows. */
  readonly start: number;
  /** Updates made since then, on all machines together. */
  readonly steps: number;
  /** How many iterates its averages are the means of, on all machines together. */
  readonly iterates: number;
  /** How many machines' parts it is merged of; 1 before it is merged. */
  readonly parts: number;
  /** The model, for `fromJSON`. */
  readonly model: ModelJson;
}

/**
 * The part that a model is, once it has been trained on some of the rows.
 * @param start its step before: `model.steps`, or 0 if it had seen no rows
 * @throws ArgumentError for a model that has made no updates since; NotFittedError
 */
export function partOf(model: ASGDClassifier | ASGDRegressor, start = 0): ModelPart {
  const json = model.toJSON();
  const { step, t0 } = json;
  if (!Number.isSafeInteger(start) || start < 0 || start >= step) {
    throw new ArgumentError(
      `partOf() was given ${describe(start)} as the start of a model of ${step} steps: expected a whole number from 0 ` +
        `to ${step - 1}. A model that has made no updates is no part.`,
    );
  }
  const iterates = Math.max(1, step - t0 - 1);
  return {
    format: 'asgd-linear-part',
    version: 1,
    start,
    steps: step - start,
    iterates,
    parts: 1,
    model: json,
  };
}

/**
 * One part of several that went on from the same model: its weights are the mean of theirs, by updates, and its averages
 * the mean of theirs, by iterates (`mergeAverages` of core). It has made as many steps as they have in the mean, so
 * training goes on from it where they stood. The same parts in the same order give the same bits, and one part comes back
 * as it is. What was merged can be merged again: in a tree, say.
 *
 * Rounds of this are local SGD: S. Stich, "Local SGD converges fast and communicates little", 2019 (arXiv:1805.09767).
 *
 * @param parts objects, or their JSON as text
 * @throws ModelError naming the part, from 0; ArgumentError if there is none
 */
export function mergeParts(parts: readonly unknown[]): ModelPart {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new ArgumentError(
      `mergeParts() was given ${describe(parts)}: expected a list of one part or more.`,
    );
  }
  const [first, ...others] = parts.map(readPart) as [ModelPart, ...ModelPart[]];
  for (const [at, other] of others.entries()) checkAlike(first, other, at + 1);
  if (others.length === 0) return first;

  const all = [first, ...others];
  const sum = (count: 'steps' | 'iterates' | 'parts'): number =>
    all.reduce((total, part) => total + part[count], 0);
  const [steps, iterates, machines] = [sum('steps'), sum('iterates'), sum('parts')];
  const numbers = all.map(({ model }) => numbersOf(model));
  const weights = mergeAverages(
    numbers.map(({ last }, at) => ({ averages: last, iterates: all[at]?.steps ?? 0 })),
  );
  const averages = mergeAverages(
    numbers.map(({ average }, at) => ({ averages: average, iterates: all[at]?.iterates ?? 0 })),
  );
  const { model } = first;
  const outputs = weights[1]?.length ?? 0;
  return {
    ...first,
    steps,
    iterates,
    parts: machines,
    model: {
      ...model,
      step: first.start + Math.round(steps / machines),
      factors: [1, 1, 0],
      weights: toBase64(join(weights[0], averages[0], outputs)),
      intercepts: toBase64(join(weights[1], averages[1], outputs)),
    },
  };
}

/** Weights and intercepts: those after the last update, and their averages. */
interface Both {
  readonly last: readonly [Float64Array, Float64Array];
  readonly average: readonly [Float64Array, Float64Array];
}

function numbersOf({ factors, ...model }: ModelJson): Both {
  const [weights, intercepts] = [fromBase64(model.weights), fromBase64(model.intercepts)] as [
    Float64Array,
    Float64Array,
  ];
  const outputs = intercepts.length / 2;
  const [lastWeights, averageWeights] = split(weights, outputs, factors);
  const [lastIntercepts, averageIntercepts] = split(intercepts, outputs, [1, 1, 0]);
  return { last: [lastWeights, lastIntercepts], average: [averageWeights, averageIntercepts] };
}

/** What is kept by turns, `outputs` numbers and what their averages are made of (kernels/factors.ts). */
function split(
  numbers: Float64Array,
  outputs: number,
  [scale, averageScale, share]: ModelJson['factors'],
): readonly [last: Float64Array, average: Float64Array] {
  const last = new Float64Array(numbers.length / 2);
  const average = new Float64Array(numbers.length / 2);
  for (let i = 0; i < last.length; i++) {
    const at = i + i - (i % outputs);
    const weight = numbers[at] ?? NaN;
    last[i] = scale * weight;
    average[i] = averageScale * ((numbers[at + outputs] ?? NaN) + share * weight);
  }
  return [last, average];
}

/** The reverse of `split`, with factors of 1, 1 and 0. */
function join(last: ArrayLike<number> = [], average: ArrayLike<number> = [], outputs: number): Float64Array {
  const numbers = new Float64Array(2 * last.length);
  for (let i = 0; i < last.length; i++) {
    const at = i + i - (i % outputs);
    numbers[at] = last[i] ?? NaN;
    numbers[at + outputs] = average[i] ?? NaN;
  }
  return numbers;
}

/** @throws ModelError naming the part */
function readPart(json: unknown, at: number): ModelPart {
  const part = (typeof json === 'string' ? parse(json, at) : json) as ModelPart | null | undefined;
  if (part?.format !== 'asgd-linear-part' || part.version !== 1) {
    throw new ModelError(
      `Part ${at} is ${describe(part)}: expected what partOf() or mergeParts() of this version of @asgd/linear makes.`,
    );
  }
  for (const name of ['start', 'steps', 'iterates', 'parts'] as const) {
    const least = name === 'start' ? 0 : 1;
    const count: unknown = part[name];
    const isCount = name === 'iterates' ? Number.isFinite(count) : Number.isSafeInteger(count);
    if (!isCount || (count as number) < least) {
      throw new ModelError(`${name} of part ${at} is ${describe(count)}: expected a number from ${least}.`);
    }
  }
  try {
    const { model } = part;
    const reader = model?.model === 'ASGDRegressor' ? ASGDRegressor : ASGDClassifier;
    reader.fromJSON(model);
    return part;
  } catch (cause) {
    throw cause instanceof ModelError ? new ModelError(`Part ${at}: ${cause.message}`, { cause }) : cause;
  }
}

function parse(text: string, at: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError(`Part ${at} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Parts must have started from one model: everything but what was learned is the same. */
function checkAlike(first: ModelPart, other: ModelPart, at: number): void {
  const settings = ({ start, model }: ModelPart): Record<string, unknown> => {
    const { options, model: estimator, classes, features, lr, t0, interceptStep, isFolded } = model;
    const { kernels: _, ...others } = options;
    return { start, model: estimator, ...others, classes, features, lr, t0, interceptStep, isFolded };
  };
  const expected = settings(first);
  for (const [name, value] of Object.entries(settings(other))) {
    const [found, wanted] = [JSON.stringify(value), JSON.stringify(expected[name])];
    if (found !== wanted) {
      throw new ModelError(
        `${name} of part ${at} is ${found}, and of part 0 ${wanted}: expected parts that went on from the same model.`,
      );
    }
  }
}
