import { groupAlike, type Stepper } from './alike.ts';
import { counterRules } from './counter-rules.ts';
import { describe } from './describe.ts';
import { ArgumentError, OptionError } from './errors.ts';
import { learningRate } from './learning-rate.ts';
import { type Options, resolveOptions } from './options.ts';
import type { Averaging } from './kernels.ts';
import { advance, averagingFor, type Counters, emptyScalars, fillScalars } from './schedule.ts';
import { checkMatch, checkOwnStorage, checkTensor, layoutIn, type Tensor } from './tensor.ts';
import { type Operands, updateOnce } from './update-once.ts';

/** The options of {@link asgd}: the optimizer's, without those that need an optimizer. */
export type FunctionalOptions = Partial<Omit<Options, 'differentiable' | 'capturable'>>;

/**
 * One update without an optimizer, like PyTorch's `torch.optim.asgd.asgd`: lists of equal length, one entry per tensor.
 * `params` and `axs` are updated in place, `axs` in every update, and so are the arrays `mus`, `etas` and
 * `stateSteps`, which start as 1, `lr` and 0.
 *
 * In place of an average there may be a function that makes one. It is called by the update before the first one that
 * blends, and until then the average is the parameter (SPEC.md, Averaging). Give its tensor from then on.
 * @throws ArgumentError, OptionError, and the errors of a mismatched tensor, before any change (SPEC.md, Errors)
 */
export function asgd(
  params: readonly Tensor[],
  grads: readonly Tensor[],
  axs: readonly (Tensor | (() => Tensor))[],
  mus: number[],
  etas: number[],
  stateSteps: number[],
  options: FunctionalOptions = {},
): void {
  const resolved = resolveOptions(options);
  if (resolved.differentiable || resolved.capturable) {
    throw new OptionError(
      'asgd() does not support differentiable or capturable: make an ASGD optimizer for them.',
    );
  }
  checkLists({ params, grads, axs, mus, etas, stateSteps });
  checkApart(params, grads, axs);
  const lr = learningRate(resolved, 'the options of asgd()');
  if (typeof lr !== 'number') {
    throw new OptionError(
      'The lr of asgd() is a tensor on a device: give a number, or a tensor on a backend like cpu.',
    );
  }
  const work = params.map((tensor, index): Update => {
    checkTensor(tensor, `Parameter ${index}`);
    checkOwnStorage(tensor, `Parameter ${index}`);
    const gradient = matching(grads[index], tensor, `Gradient ${index}`);
    const given = axs[index];
    const average = typeof given === 'function' ? given : matching(given, tensor, `Average ${index}`);
    const counters = {
      step: checkStep(stateSteps[index], index),
      eta: Math.fround(checkCounter('eta', etas[index], `etas[${index}]`)),
      mu: Math.fround(checkCounter('mu', mus[index], `mus[${index}]`)),
    };
    return { tensor, gradient, average, index, counters, origin: null };
  });
  const isLate = ({ average }: Update): boolean => typeof average === 'function';
  const launches = [work.filter(isLate), work.filter((update) => !isLate(update))]
    .flatMap((updates) => groupAlike(updates, resolved.foreach !== false))
    .map((updates): Launch => {
      const [first] = updates;
      const next = { ...first.counters };
      advance(next, first.counters, lr, resolved);
      const averaging = averagingFor(first.counters, next);
      // An average that is there already is a tensor like any other, so it is written while it equals the parameter, too.
      return { updates, next, averaging: averaging === 'none' && !isLate(first) ? 'copy' : averaging };
    });
  const averages = makeAverages(launches, [...params, ...grads, ...axs]);
  for (const { updates, next, averaging } of launches) {
    const [{ tensor, counters }] = updates;
    const scalars = emptyScalars();
    fillScalars(scalars, layoutIn(tensor).real, counters, resolved);
    const operands = updates.map((update) => ({ ...update, average: averages.get(update) ?? null }));
    updateOnce(operands, averaging, scalars);
    for (const { index } of updates) {
      stateSteps[index] = next.step;
      etas[index] = next.eta;
      mus[index] = next.mu;
    }
  }
}

interface Update extends Omit<Operands, 'average'>, Stepper {
  readonly average: Tensor | (() => Tensor);
  readonly index: number;
}

/** Updates that one launch makes. */
interface Launch {
  readonly updates: readonly [Update, ...Update[]];
  readonly next: Counters;
  readonly averaging: Exclude<Averaging, 'scheduled'>;
}

/** The averages that the launches write, made where there are none yet. @throws ArgumentError for one that is in use */
function makeAverages(
  launches: readonly Launch[],
  given: readonly (Tensor | (() => Tensor))[],
): ReadonlyMap<Update, Tensor> {
  const averages = new Map<Update, Tensor>();
  const used = new Set<unknown>(given);
  for (const { updates, averaging } of launches) {
    if (averaging === 'none') continue;
    for (const update of updates) {
      const { average, tensor, index } = update;
      if (typeof average !== 'function') averages.set(update, average);
      else {
        const what = `The tensor that was made for average ${index}`;
        const made = matching(average(), tensor, what);
        if (used.has(made)) {
          throw new ArgumentError(`${what} is in use already, in this call of asgd(): make a new one.`);
        }
        used.add(made);
        averages.set(update, made);
      }
    }
  }
  return averages;
}

function checkLists(lists: Readonly<Record<string, unknown>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) throw new ArgumentError(`${name} is ${describe(list)}: expected an array.`);
    const { params } = lists;
    if (Array.isArray(params) && list.length !== params.length) {
      throw new ArgumentError(
        `asgd() was given ${params.length} params and ${list.length} ${name}: expected ${params.length} of each.`,
      );
    }
    const missing = list.findIndex((item) => item === undefined);
    if (missing >= 0) throw new ArgumentError(`Item ${missing} of ${name} is missing.`);
    if (list.length > 0 && Object.isFrozen(list) && ['mus', 'etas', 'stateSteps'].includes(name)) {
      throw new ArgumentError(`${name} is frozen: asgd() writes to it, so give an array that is not frozen.`);
    }
  }
}

/** A tensor that is written must not be written twice, or read as a gradient. */
function checkApart(params: readonly Tensor[], grads: readonly Tensor[], axs: readonly unknown[]): void {
  const written = new Set<unknown>([...params, ...axs]);
  if (written.size < params.length + axs.length) {
    throw new ArgumentError(
      'asgd() was given a tensor twice among params and axs: give each a tensor of its own.',
    );
  }
  const shared = grads.findIndex((gradient) => written.has(gradient));
  if (shared >= 0) {
    throw new ArgumentError(`Gradient ${shared} is among params and axs: give it a tensor of its own.`);
  }
}

function matching(given: unknown, tensor: Tensor, what: string): Tensor {
  checkMatch(given, tensor, what);
  checkOwnStorage(given, what);
  return given;
}

function checkStep(step: number | undefined, index: number): number {
  if (step === undefined || !Number.isSafeInteger(step) || step < 0) {
    throw new ArgumentError(`stateSteps[${index}] is ${describe(step)}: expected an integer >= 0.`);
  }
  return step;
}

function checkCounter(name: keyof typeof counterRules, value: number | undefined, what: string): number {
  const { holds, expected } = counterRules[name];
  if (typeof value === 'number' && holds(value)) return value;
  throw new ArgumentError(`${what} is ${describe(value)}: expected ${expected}.`);
}
