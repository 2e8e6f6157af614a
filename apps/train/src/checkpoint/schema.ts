import type { ModelData } from '@asgd/linear';
import * as z from 'zod/mini';
import type { Label } from '../data/labels.ts';
import { parseColumnList } from '../data/columns.ts';
import { programMemory } from '../data/memory.ts';
import { missingPolicies } from '../data/missing.ts';
import type { Preparation } from '../data/preparation.ts';
import { UserError } from '../errors.ts';
import type { EpochRecord } from '../history.ts';
import { lossNames } from '../losses.ts';
import { kernelNames, type Settings } from '../options.ts';
import type { Position } from '../train.ts';

/** Everything that a run needs to continue as if it had never stopped. */
export interface Checkpoint {
  readonly settings: Settings;
  readonly shape: Shape;
  /** Fingerprints of the training and the test data. */
  readonly data: { readonly training: string; readonly test: string };
  /** What was done to the values of CSV. */
  readonly preparation: Preparation | null;
  readonly position: Position;
  /** What `--t0 auto` has seen so far. */
  readonly heldOutLosses: readonly number[];
  readonly history: readonly EpochRecord[];
  /** Before the first step there is none. */
  readonly model: ModelData | null;
}

/** What determines a model's size. */
export interface Shape {
  readonly features: number;
  readonly classes: readonly Label[];
}

// A checksum shows only that nothing changed by accident. A file from elsewhere may hold anything and have a right one.

const whole = z.int().check(z.gte(0));
const positive = z.int().check(z.gte(1));
const notNegative = z.number().check(z.gte(0));
const float64 = z.instanceof(Float64Array);

/** JSON has no NaN and no infinity: numbers that are not finite come as `null`. */
const measured = z.pipe(
  z.nullable(z.number()),
  z.transform((value) => value ?? NaN),
);

const columnList = z.string().check(z.refine((text) => parseColumnList(text) !== undefined));

const settings = z.object({
  data: z.optional(z.string()),
  test: z.optional(z.string()),
  format: z.optional(z.enum(['libsvm', 'csv'])),
  label: z.optional(z.string()),
  ignore: z.optional(columnList),
  categorical: z.optional(columnList),
  hashed: z.optional(columnList),
  text: z.optional(columnList),
  hashColumns: positive,
  missing: z.enum(missingPolicies),
  standardize: z.boolean(),
  features: z.optional(positive),
  memory: z.number().check(z.gt(programMemory)),
  loss: z.enum(lossNames),
  lr: z.union([notNegative, z.literal('auto')]),
  epsilon: z.number().check(z.gt(0)),
  lambd: notNegative,
  alpha: notNegative,
  t0: z.union([z.number(), z.enum(['half-epoch', 'auto'])]),
  weightDecay: notNegative,
  epochs: positive,
  batch: positive,
  seed: whole.check(z.lte(2 ** 32 - 1)),
  kernels: z.enum(kernelNames),
});

const step = z.looseObject({ step: whole, features: positive, t0: z.number() });

const evaluation = z.object({ loss: measured, error: measured });

const record = z.object({
  epoch: positive,
  steps: whole,
  trainLoss: measured,
  last: evaluation,
  average: z.nullable(evaluation),
  eta: measured,
  mu: measured,
  rowsPerSecond: z.nullable(z.number()),
});

const checkpoint = z.object({
  settings,
  shape: z.object({ features: positive, classes: z.array(z.union([z.number(), z.string()])) }),
  data: z.object({ training: z.string(), test: z.string() }),
  preparation: z.nullable(z.object({ mean: float64, deviation: z.nullable(float64) })),
  position: z.object({ epoch: whole, rows: whole, steps: whole, lossSum: z.number() }),
  heldOutLosses: z.array(measured),
  history: z.array(record),
  // Its class checks the rest when it reads it.
  model: z.nullable(z.custom<ModelData>((value) => step.safeParse(value).success)),
});

/** Refuses plain data that is not a checkpoint, and names what is wrong in it. */
export function parseCheckpoint(file: string, content: unknown): Checkpoint {
  const parsed = checkpoint.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.');
  throw new UserError(`${file} is not a checkpoint of a run: --save does not write what it has in ${where}`);
}
