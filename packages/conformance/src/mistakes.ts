import { fma } from './fma.ts';
import { type Element, type Scalars, update } from './reference.ts';
import { roundTo, smallestNormal } from './rounding.ts';

/** One update of one real. */
type Update = (element: Element, gradient: number) => Element;

/** Given the scalars, an update that differs in one thing from the one of SPEC.md. */
type Mistake = (scalars: Scalars) => Update;

/** The operations of the update, any of which a backend may get wrong. */
interface Operations {
  /** Adds weight decay to the signed gradient, where there is any. */
  readonly decay: (gradient: number, parameter: number) => number;
  readonly parameter: (parameter: number, gradient: number) => number;
  /** Blends, where mu is not 1. */
  readonly average: (average: number, updated: number, parameter: number) => number;
  /** The average where mu is 1. */
  readonly copy: (updated: number, parameter: number) => number;
}

type Faults = (scalars: Scalars) => Partial<Operations>;

const fusedDecay: Faults = ({ dtype, weightDecay }) => ({ decay: (g, p) => fma(dtype, weightDecay, p, g) });

const fusedGradient: Faults = ({ dtype, decay, negativeEta }) => ({
  parameter: (p, g) => fma(dtype, negativeEta, g, roundTo(dtype, p * decay)),
});

const fusedParameter: Faults = ({ dtype, decay, negativeEta }) => ({
  parameter: (p, g) => fma(dtype, p, decay, roundTo(dtype, negativeEta * g)),
});

const fusedAverage: Faults = ({ dtype, mu }) => ({
  average: (ax, p) => fma(dtype, roundTo(dtype, p - ax), mu, ax),
});

/** Mistakes that a backend makes in every element, in words that follow "as if". */
const everywhere: Readonly<Record<string, Mistake>> = {
  'the product of eta and the gradient were not rounded, but fused with the sum': replacing(fusedGradient),
  'the decayed parameter were not rounded, but fused with the sum': replacing(fusedParameter),
  'the product of weightDecay and the parameter were not rounded, but fused with the sum':
    replacing(fusedDecay),
  'the product of mu and the difference were not rounded, but fused with the sum': replacing(fusedAverage),
  'every product were fused with its sum, and in the update that of eta and the gradient': replacing(
    (scalars) => ({ ...fusedDecay(scalars), ...fusedGradient(scalars), ...fusedAverage(scalars) }),
  ),
  'every product were fused with its sum, and in the update the decayed parameter': replacing((scalars) => ({
    ...fusedDecay(scalars),
    ...fusedParameter(scalars),
    ...fusedAverage(scalars),
  })),
  'everything were computed in float64 and rounded once': (scalars) => {
    const { dtype, mu } = scalars;
    const wide: Scalars = { ...scalars, dtype: 'float64' };
    return (element, gradient) => {
      const { parameter, average } = update(element, gradient, wide);
      const p = roundTo(dtype, parameter);
      return { parameter: p, average: mu === 1 ? p : roundTo(dtype, average) };
    };
  },
  'the decay were applied after the gradient': replacing(({ dtype, decay, negativeEta }) => ({
    parameter: (p, g) => roundTo(dtype, decay * roundTo(dtype, p + roundTo(dtype, negativeEta * g))),
  })),
  'lambd were ignored': withScalars(() => ({ decay: 1 })),
  'weightDecay were ignored': withScalars(() => ({ weightDecay: 0 })),
  'weightDecay had the other sign': withScalars(({ weightDecay }) => ({ weightDecay: -weightDecay })),
  'the gradient had the other sign': (scalars) => (element, gradient) => update(element, -gradient, scalars),
  'the gradient were subtracted without eta': withScalars(() => ({ negativeEta: -1 })),
  'the average took in the parameter from before the update': replacing(({ dtype, mu }) => ({
    average: (ax, _, p) => roundTo(dtype, ax + roundTo(dtype, roundTo(dtype, p - ax) * mu)),
    copy: (_, p) => p,
  })),
  'the average were mu times the parameter plus 1 − mu times the average': replacing(({ dtype, mu }) => ({
    average: (ax, p) => roundTo(dtype, roundTo(dtype, mu * p) + roundTo(dtype, roundTo(dtype, 1 - mu) * ax)),
  })),
  'the average were always a copy of the parameter': withScalars(() => ({ mu: 1 })),
  'the average stayed as it was': replacing(() => ({ average: (ax) => ax })),
  'subnormal numbers were zeros': (scalars) => {
    const flush = (value: number): number => flushTo(smallestNormal[scalars.dtype], value);
    return (element, gradient) => {
      const flushed = { parameter: flush(element.parameter), average: flush(element.average) };
      const { parameter, average } = update(flushed, flush(gradient), scalars);
      return { parameter: flush(parameter), average: flush(average) };
    };
  },
};

function flushTo(limit: number, value: number): number {
  if (value === 0 || Math.abs(value) >= limit || Number.isNaN(value)) return value;
  return value < 0 ? -0 : 0;
}

/** Mistakes that may concern some elements only. */
const inPlaces: Readonly<Record<string, Mistake>> = {
  'these elements were not updated': () => (element) => element,
  'these elements were updated twice': (scalars) => (element, gradient) =>
    update(update(element, gradient, scalars), gradient, scalars),
  'these elements became zero': () => () => ({ parameter: 0, average: 0 }),
};

/** The update of SPEC.md with other scalars. */
function withScalars(changes: (scalars: Scalars) => Partial<Scalars>): Mistake {
  return (scalars) => {
    const changed = { ...scalars, ...changes(scalars) };
    return (element, gradient) => update(element, gradient, changed);
  };
}

/** The update of SPEC.md with some operations replaced. */
function replacing(faults: Faults): Mistake {
  return (scalars) => {
    const { dtype, maximize, weightDecay, decay, negativeEta, mu } = scalars;
    const round = (value: number): number => roundTo(dtype, value);
    const operations: Operations = {
      decay: (g, p) => round(g + round(weightDecay * p)),
      parameter: (p, g) => round(round(p * decay) + round(negativeEta * g)),
      average: (ax, updated) => round(ax + round(round(updated - ax) * mu)),
      copy: (updated) => updated,
      ...faults(scalars),
    };
    return ({ parameter, average }, gradient) => {
      const signed = maximize ? -gradient : gradient;
      const g = weightDecay === 0 ? signed : operations.decay(signed, parameter);
      const updated = operations.parameter(parameter, g);
      const blended =
        mu === 1 ? operations.copy(updated, parameter) : operations.average(average, updated, parameter);
      return { parameter: updated, average: blended };
    };
  };
}

/** One real before and after an update. */
export interface Observation {
  readonly before: Element;
  readonly gradient: number;
  readonly after: Element;
  /** Whether the result is a permitted one. */
  readonly isRight: boolean;
}

/** What an update did. Its elements are made when they are asked for: millions of them would fill the memory. */
export interface Observations {
  readonly length: number;
  at(index: number): Observation;
}

/**
 * The mistakes that explain every element, in words that follow "as if".
 * @param wrong the indices of the elements that are not right
 */
export function explain(
  observations: Observations,
  wrong: readonly number[],
  scalars: Scalars,
): readonly string[] {
  const explains = (mistake: Update, index: number): boolean => {
    const { before, gradient, after } = observations.at(index);
    return isSame(mistake(before, gradient), after);
  };
  const explainsWrong = (mistake: Update): boolean => wrong.every((index) => explains(mistake, index));
  const explainsAll = (mistake: Update): boolean => {
    for (let index = 0; index < observations.length; index++) if (!explains(mistake, index)) return false;
    return true;
  };
  const named = (mistakes: Readonly<Record<string, Mistake>>, test: (mistake: Update) => boolean): string[] =>
    Object.entries(mistakes).flatMap(([name, mistake]) => (test(mistake(scalars)) ? [name] : []));
  // What is wrong rules out most mistakes at once.
  return [
    ...named(everywhere, (mistake) => explainsWrong(mistake) && explainsAll(mistake)),
    ...named(inPlaces, explainsWrong),
  ];
}

function isSame(a: Element, b: Element): boolean {
  return Object.is(a.parameter, b.parameter) && Object.is(a.average, b.average);
}
