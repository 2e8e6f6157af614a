import { groupAlike, type Stepper } from './alike.ts';
import { counterRules } from './counter-rules.ts';
import { describe } from './describe.ts';
import { ArgumentError, OptionError } from './errors.ts';
import { learningRate } from './learning-rate.ts';
import { type Options, resolveOptions } from './options.ts';
import { advance, averagingFor, emptyScalars, fillScalars } from './schedule.ts';
import { checkMatch, checkOwnStorage, checkTensor, layoutIn, type Tensor } from './tensor.ts';
import { type Operands, updateOnce } from './update-once.ts';

/** The options of {@link asgd}: the optimizer's, without those that need an optimizer. */
export type FunctionalOptions = Partial<Omit<Options, 'differentiable' | 'capturable'>>;

/**
 * One update without an optimizer, like PyTorch's `torch.optim.asgd.asgd`: lists of equal length, one entry per tensor.
 * `params` and `axs` are updated in place, `axs` in every update, and so are the arrays `mus`, `etas` and
 * `stateSteps`, which start as 1, `lr` and 0.
 * @throws ArgumentError, OptionError, and the errors of a mismatched tensor, before any change (SPEC.md, Errors)
 */
export function asgd(
  params: readonly Tensor[],
  grads: readonly Tensor[],
  axs: readonly Tensor[],
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
    const average = matching(axs[index], tensor, `Average ${index}`);
    const counters = {
      step: checkStep(stateSteps[index], index),
      eta: Math.fround(checkCounter('eta', etas[index], `etas[${index}]`)),
      mu: Math.fround(checkCounter('mu', mus[index], `mus[${index}]`)),
    };
    return { tensor, gradient, average, index, counters, origin: null };
  });
  for (const updates of groupAlike(work, resolved.foreach !== false)) {
    const [{ tensor, counters }] = updates;
    const next = { ...counters };
    advance(next, counters, lr, resolved);
    const scalars = emptyScalars();
    fillScalars(scalars, layoutIn(tensor).real, counters, resolved);
    // Here an average is a tensor like any other, so it is written while it equals the parameter, too.
    updateOnce(updates, averagingFor(counters, next) === 'blend' ? 'blend' : 'copy', scalars);
    for (const { index } of updates) {
      stateSteps[index] = next.step;
      etas[index] = next.eta;
      mus[index] = next.mu;
    }
  }
}

interface Update extends Operands, Stepper {
  readonly index: number;
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
function checkApart(params: readonly Tensor[], grads: readonly Tensor[], axs: readonly Tensor[]): void {
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
