import { AsgdError, describe } from '@asgd/core/errors';
import { fromBase64, toBase64 } from './base64.ts';
import { Engine } from './engine.ts';
import { ModelError } from './errors.ts';
import type { Fitted } from './estimator.ts';
import { AVERAGE_SCALE, SCALE, SHARE } from './kernels/state.ts';
import type { ClassifierOptions, RegressorOptions } from './options.ts';
import { writeSchedule } from './schedule.ts';
import { settingsOf } from './settings.ts';
import type { Label, Targets } from './targets.ts';

/** A model as plain data. */
export interface ModelData {
  /** What it is. */
  readonly format: 'asgd-linear';
  /** Of this format. */
  readonly version: 1;
  /** Which class reads it. */
  readonly model: 'ASGDClassifier' | 'ASGDRegressor';
  /** Without `onEpoch`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a classifier, in the order of its weights. */
  readonly classes?: readonly Label[];
  /** How many columns its rows have. */
  readonly features: number;
  /** What `'auto'` in the options came to. */
  readonly lr: number;
  /** Likewise. */
  readonly t0: number;
  /** Likewise. */
  readonly interceptStep: number;
  /** How many steps it has taken. */
  readonly step: number;
  /** Whether a scaler was folded into it, so that it takes no further steps. */
  readonly isFolded: boolean;
  /** The factors of kernels/factors.ts: of the weights, of the averages, and the share of weights in averages. */
  readonly factors: readonly [scale: number, averageScale: number, share: number];
  /** Before the factors: for each column the weights of its outputs, then what their averages are made of. */
  readonly weights: Float64Array;
  /** The intercept of each output, then the average of each. */
  readonly intercepts: Float64Array;
}

/** A model as JSON: its weights and intercepts are the base64 of float64s, little-endian. */
export interface ModelJson extends Omit<ModelData, 'weights' | 'intercepts'> {
  /** As in {@link ModelData}. */
  readonly weights: string;
  /** As in {@link ModelData}. */
  readonly intercepts: string;
}

export function writeModel<Name>(
  model: ModelJson['model'],
  options: ClassifierOptions | RegressorOptions,
  { engine, isFolded }: Fitted<Name, Targets<Name>>,
  classes: readonly Label[] | undefined,
): ModelData {
  const { features, lr, t0, interceptStep } = engine.options;
  const { weights, intercepts, state } = engine.numbers;
  const { onEpoch: _, ...plain } = options;
  return {
    format: 'asgd-linear',
    version: 1,
    model,
    options: plain,
    ...(classes !== undefined && { classes: [...classes] }),
    features,
    lr,
    t0,
    interceptStep,
    step: engine.step,
    isFolded,
    factors: [state[SCALE] ?? NaN, state[AVERAGE_SCALE] ?? NaN, state[SHARE] ?? NaN],
    weights: weights.slice(),
    intercepts: intercepts.slice(),
  };
}

export function toText(data: ModelData): ModelJson {
  return { ...data, weights: toBase64(data.weights), intercepts: toBase64(data.intercepts) };
}

/** A model without what was learned, and how it gets that. */
interface Made<Model> {
  readonly model: Model & { readonly options: ClassifierOptions | RegressorOptions };
  readonly outputs: number;
  readonly settle: (engine: Engine, isFolded: boolean) => void;
}

/** @throws ModelError */
export function readModel<Model>(
  expected: ModelJson['model'],
  json: unknown,
  make: (options: unknown, classes: unknown) => Made<Model>,
): Model {
  const saved = check(expected, typeof json === 'string' ? parse(json) : json);
  const { model, outputs, settle } = madeOf(saved, make);
  const { features, lr, t0, interceptStep, factors } = saved;
  // Before there is an engine: a wrong number of features would ask for memory.
  const found = {
    weights: numbersOf(saved, 'weights', 2 * features * outputs),
    intercepts: numbersOf(saved, 'intercepts', 2 * outputs),
  };
  const engine = new Engine(settingsOf(model.options, { features, outputs, lr, t0, interceptStep }));
  const [scale, averageScale, share] = factors;
  const { weights, intercepts, state } = engine.numbers;
  engine.step = saved.step;
  weights.set(found.weights);
  intercepts.set(found.intercepts);
  state[SCALE] = scale;
  state[AVERAGE_SCALE] = averageScale;
  state[SHARE] = share;
  forgetEarlyAverages(engine);
  settle(engine, saved.isFolded);
  return model;
}

/** Of parts that are merged, some may have begun to average before the step that the merged model is at: see merge.ts. */
function forgetEarlyAverages({ options, step, numbers: { weights, intercepts, state } }: Engine): void {
  const mus = new Float64Array(1);
  writeSchedule(options, step, 1, new Float64Array(1), mus);
  if (mus[0] !== 1) return;
  const { outputs } = options;
  for (let at = 0; at < weights.length; at += 2 * outputs) weights.fill(0, at + outputs, at + 2 * outputs);
  intercepts.copyWithin(outputs, 0, outputs);
  state[AVERAGE_SCALE] = state[SCALE] ?? NaN;
  state[SHARE] = 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError(`The model is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Options and classes break their rules as they would in a constructor. */
function madeOf<Model>(
  saved: ModelJson | ModelData,
  make: (options: unknown, classes: unknown) => Made<Model>,
): Made<Model> {
  try {
    return make(saved.options, saved.classes);
  } catch (cause) {
    if (!(cause instanceof AsgdError)) throw cause;
    throw new ModelError(`The model cannot be read: ${cause.message}`, { cause });
  }
}

function check(expected: ModelJson['model'], json: unknown): ModelJson | ModelData {
  const saved = (typeof json === 'object' && json !== null ? json : {}) as Partial<
    Record<keyof ModelJson, unknown>
  >;
  if (saved.format !== 'asgd-linear') {
    throw new ModelError(
      `fromJSON() was given ${describe(json)}: expected what toJSON() of an ${expected} makes.`,
    );
  }
  if (saved.version !== 1) {
    throw new ModelError(
      `The model has version ${describe(saved.version)}: this version of @asgd/linear reads 1. Install a newer one.`,
    );
  }
  if (saved.model !== expected) {
    throw new ModelError(
      `The model is of ${describe(saved.model)}: expected '${expected}', whose fromJSON() this is.`,
    );
  }
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const { features, step, isFolded, factors } = saved;
  const areFactors = Array.isArray(factors) && factors.length === 3 && factors.every(Number.isFinite);
  const rules: [name: keyof ModelJson, holds: boolean, what: string][] = [
    ['features', isCount(features) && features !== 0, 'a whole number from 1'],
    ['step', isCount(step), 'a whole number from 0'],
    ['isFolded', typeof isFolded === 'boolean', 'true or false'],
    ['factors', areFactors, 'three finite numbers'],
  ];
  for (const name of ['lr', 't0', 'interceptStep'] as const) {
    rules.push([name, Number.isFinite(saved[name]), 'a finite number']);
  }
  for (const [name, holds, what] of rules) {
    if (!holds) throw new ModelError(`${name} of the model is ${describe(saved[name])}: expected ${what}.`);
  }
  return saved as ModelJson | ModelData;
}

function numbersOf(
  saved: ModelJson | ModelData,
  name: 'weights' | 'intercepts',
  length: number,
): Float64Array {
  const found = saved[name];
  const numbers = found instanceof Float64Array ? found : fromBase64(found);
  if (numbers?.length !== length || !numbers.every(Number.isFinite)) {
    throw new ModelError(
      `${name} of the model are not ${length} finite numbers, or the base64 of them, as its features and classes call for.`,
    );
  }
  return numbers;
}
