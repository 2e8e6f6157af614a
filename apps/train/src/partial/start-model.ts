import { readFileSync } from 'node:fs';
import { ASGDClassifier, ASGDRegressor, type Label, ModelError } from '@asgd/linear';
import { reason } from '../errors.ts';
import { losses, outputsOf } from '../losses.ts';
import type { TrainingOptions } from './command-line.ts';
import { TemporaryError, UsageError } from './failure.ts';
import { parseClasses } from './labels.ts';

/** A model to train, and what is known of it before its first row. */
export interface Start {
  readonly model: ASGDClassifier | ASGDRegressor;
  /** Steps taken. */
  readonly steps: number;
  /** CSV tells it by its first line. */
  readonly features: number | undefined;
  /** None if it predicts numbers. */
  readonly classes: readonly Label[] | undefined;
}

/** Weights of a part whose JSON is as long as a text can be in Node: 2^29 characters, of which a weight takes 64 / 3. */
const mostWeights = 25_000_000;

/** A model that has seen no rows. @throws UsageError */
export function newModel(given: TrainingOptions, format: 'libsvm' | 'csv'): Start {
  const { features, classes: names, loss = 'log', lr, batch, ...others } = given;
  if (format === 'libsvm' && features === undefined) {
    throw new UsageError(
      'expected --features with the number of features in all of the data, or --model: these rows may not have all',
    );
  }
  if (lr === undefined) {
    throw new UsageError(
      'expected --lr with a number, the same for all parts, or --model. --lr auto finds one from a sample of the rows, ' +
        'and prints it in its part',
    );
  }
  const options = { ...others, lr, ...(batch !== undefined && { batchSize: batch }) };
  const { labels, linear } = losses[loss];
  if (labels === 'numbers') {
    if (names !== undefined) {
      throw new UsageError(
        `found --classes with --loss ${loss}, which predicts numbers: expected one of them`,
      );
    }
    checkSize(features, 1);
    return { model: new ASGDRegressor({ ...options, loss: linear }), steps: 0, features, classes: undefined };
  }
  if (names === undefined) {
    throw new UsageError('expected --classes with all classes, or --model: these rows may not have all');
  }
  const classes = parseClasses(names);
  checkSize(features, outputsOf(loss, classes.length));
  return { model: new ASGDClassifier({ ...options, loss: linear }), steps: 0, features, classes };
}

/** Refuses a model whose part would not fit in a line. @throws UsageError */
function checkSize(features = 1, outputs: number): void {
  if (features * outputs <= mostWeights) return;
  throw new UsageError(
    `a model of ${features} features and ${outputs} scores has ${features * outputs} weights, and a line of JSON has ` +
      `room for ${mostWeights}: hash the features to fewer`,
  );
}

/** The model in a file: of a part, or by itself. @throws UsageError, TemporaryError */
export function loadModel(file: string): Start {
  const text = readText(file);
  try {
    const json = JSON.parse(text) as { format?: unknown; model?: unknown } | null;
    const saved = json?.format === 'asgd-linear-part' ? json.model : json;
    const isRegressor = (saved as { model?: unknown } | null)?.model === 'ASGDRegressor';
    const model = isRegressor ? ASGDRegressor.fromJSON(saved) : ASGDClassifier.fromJSON(saved);
    const classes = model instanceof ASGDClassifier ? model.classes : undefined;
    return { model, steps: model.steps, features: model.features, classes };
  } catch (cause) {
    if (!(cause instanceof ModelError || cause instanceof SyntaxError)) throw cause;
    const problem = text.trim() === '' ? 'it is empty' : cause.message;
    throw new UsageError(
      `${file} is not a model: ${problem}. Expected what --partial or --merge printed, or a saved model`,
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // It may be on its way here.
    throw new TemporaryError(`cannot read ${file}: ${reason(error)}`);
  }
}

/** Refuses options that say something else than the model to start from. @throws UsageError */
export function checkAgreement(given: TrainingOptions, { model, features, classes }: Start): void {
  const { classes: names, loss, lr, batch, ...others } = given;
  const found: Record<string, string | number | undefined> = { ...others, batchSize: batch };
  if (loss !== undefined) found['loss'] = losses[loss].linear;
  if (lr !== 'auto') found['lr'] = lr;
  if (names !== undefined) found['classes'] = listed(parseClasses(names));
  const learned = { lr: model.lr, features, classes: classes === undefined ? 'none' : listed(classes) };
  const has: Readonly<Record<string, unknown>> = { ...model.options, ...learned };
  for (const [name, value] of Object.entries(found)) {
    if (value === undefined || value === has[name]) continue;
    throw new UsageError(
      `found ${name} ${value} in the options and ${String(has[name])} in the model, expected the same, or only ` +
        `the model`,
    );
  }
}

function listed(classes: readonly Label[]): string {
  return classes.map(String).toSorted().join(',');
}
