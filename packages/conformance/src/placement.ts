import type { Backend, Parameter, RealArray } from '@asgd/core';
import { exactly, compare } from './compare.ts';
import { lanesOf, realOf, zeros } from './rounding.ts';
import type { ParameterSpec } from './trace.ts';

/** How a backend holds a parameter of a trace. The result of a step may not depend on it. */
export type Placement = (backend: Backend, spec: ParameterSpec) => Placed;

export interface Placed {
  /** One parameter, or several that hold its elements in order. */
  readonly parameters: readonly Parameter[];
  setGradient(values: RealArray | null): void;
  /** Throws if a step wrote outside the parameter. */
  checkSurroundings(): void;
}

/** A tensor of its own. */
export const whole: Placement = (backend, { dtype, shape, initial }) => {
  const parameter = backend.parameter(initial, { dtype, shape });
  return {
    parameters: [parameter],
    setGradient: (values) => replaceGradient(parameter, values),
    checkSurroundings: () => {},
  };
};

/** A tensor of its own, with one gradient tensor that is written before every step: captured steps need that. */
export const withFixedGradient: Placement = (backend, { dtype, shape, initial }) => {
  const parameter = backend.parameter(initial, { dtype, shape });
  const gradient = backend.zeros(shape, { dtype });
  return {
    parameters: [parameter],
    setGradient(values) {
      parameter.grad = values && gradient;
      if (values) gradient.write(values);
    },
    checkSurroundings: () => {},
  };
};

/** Several tensors, cut after the first element, before the last and at an odd place between. */
export const inChunks: Placement = (backend, { dtype, initial }) => {
  const lanes = lanesOf(dtype);
  const length = initial.length / lanes;
  const cuts = [0, 1, (length >> 2) * 2 + 1, length - 1].filter((cut) => cut >= 0 && cut < length);
  const starts = length === 0 ? [0] : [...new Set(cuts)].toSorted((a, b) => a - b);
  const bounds = starts.map(
    (start, index) => [start * lanes, (starts[index + 1] ?? length) * lanes] as const,
  );
  const parameters = bounds.map(([start, end]) => backend.parameter(initial.slice(start, end), { dtype }));
  return {
    parameters,
    setGradient: (values) =>
      bounds.forEach(([start, end], index) => {
        const parameter = parameters[index];
        if (parameter) replaceGradient(parameter, values && values.slice(start, end));
      }),
    checkSurroundings: () => {},
  };
};

function replaceGradient(parameter: Parameter, values: RealArray | null): void {
  const { backend, dtype, shape, grad: previous } = parameter;
  parameter.grad = values && backend.tensor(values, { dtype, shape });
  // Work that is queued on it still completes.
  previous?.dispose();
}

/** Fills the places where nothing may be written. */
const guard = 7.25;

/** Parameter and gradient at odd offsets of one storage, between numbers that must survive. */
export const atOddOffsets: Placement = (backend, { dtype, shape, initial }) => {
  const { length } = initial;
  const parameterStart = 1;
  const gradientStart = parameterStart + length + (length % 2 === 0 ? 2 : 1);
  const size = gradientStart + length + 1;
  const arena = backend.zeros([size], { dtype: realOf(dtype) });
  arena.write(new Float64Array(size).fill(guard));
  const wrap = (start: number): Parameter =>
    backend.wrap(arena.view().subarray(start, start + length), { dtype, shape });
  const parameter = wrap(parameterStart);
  const gradient = wrap(gradientStart);
  parameter.write(initial);
  let given: RealArray = zeros(realOf(dtype), length).fill(guard);
  return {
    parameters: [parameter],
    setGradient(values) {
      parameter.grad = values && gradient;
      if (values) gradient.write((given = values));
    },
    checkSurroundings() {
      const expected = zeros(realOf(dtype), size).fill(guard);
      expected.set(arena.view().subarray(parameterStart, parameterStart + length), parameterStart);
      expected.set(given, gradientStart);
      compare('the memory next to a parameter', arena.view(), exactly(expected), () => {});
    },
  };
};
