import { type BackendName, backendNames } from '../best-backend.ts';

const problemNames = ['quadratic', 'digits', 'csv'] as const;
export type ProblemName = (typeof problemNames)[number];

/** The options of the optimizer that have a slider. */
export interface Options {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  readonly weightDecay: number;
}

/** Everything that a link restores. */
export interface Settings extends Options {
  readonly problem: ProblemName;
  readonly backend: BackendName;
}

export interface Slider {
  readonly name: keyof Options;
  readonly label: string;
  /** The values it stops at, in order. */
  readonly values: readonly number[];
}

const decades = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) =>
    [1, 2, 5].map((digit) => digitAt(digit, from + index)),
  ).flat();
/** 0.002 and not 0.0020000000000000005. */
const digitAt = (digit: number, exponent: number): number => Number(`${digit}e${exponent}`);

/** PyTorch's default: in effect, never. */
const never = 1e6;

export const sliders: readonly Slider[] = [
  { name: 'lr', label: 'Learning rate', values: decades(-4, 0) },
  { name: 't0', label: 'Average from step', values: [-1, 0, ...decades(1, 3), never] },
  { name: 'lambd', label: 'Decay', values: [0, ...decades(-6, -2), 0.1] },
  {
    name: 'alpha',
    label: 'Power of the step size',
    values: [0, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1],
  },
  { name: 'weightDecay', label: 'Weight decay', values: [0, ...decades(-6, -2), 0.1] },
];

const defaults: Readonly<Record<ProblemName, Options>> = {
  quadratic: { lr: 0.1, lambd: 0, alpha: 0, t0: 20, weightDecay: 0 },
  digits: { lr: 0.5, lambd: 1e-4, alpha: 0.75, t0: 500, weightDecay: 0 },
  csv: { lr: 0.5, lambd: 1e-4, alpha: 0.75, t0: 100, weightDecay: 0 },
};

export function defaultSettings(problem: ProblemName, backend: BackendName): Settings {
  return { problem, backend, ...defaults[problem] };
}

/** The optimizer's part of the settings. */
export function optionsOf({ lr, lambd, alpha, t0, weightDecay }: Settings): Options {
  return { lr, lambd, alpha, t0, weightDecay };
}

/** What a slider says at a value. */
export function wordsFor(name: keyof Options, value: number): string {
  if (name === 't0' && value === never) return '1e6 (never)';
  if (name === 't0' && value < 0) return '−1 (all)';
  return value !== 0 && value < 0.001 ? value.toExponential().replace('-', '−') : String(value);
}

/** The index of the slider's stop that is nearest to a value. */
export function stopFor({ values }: Slider, value: number): number {
  let nearest = 0;
  for (const [index, stop] of values.entries()) {
    if (Math.abs(stop - value) < Math.abs((values[nearest] ?? NaN) - value)) nearest = index;
  }
  return nearest;
}

/** The settings as the query of a link. */
export function toQuery(settings: Settings): string {
  return new URLSearchParams(
    Object.entries(settings).map(([name, value]) => [name, String(value)]),
  ).toString();
}

/** The settings of a link. What is missing, or makes no sense, is the default; numbers go to the nearest stop. */
export function fromQuery(query: string): Settings {
  const given = new URLSearchParams(query);
  const problem = problemNames.find((name) => name === given.get('problem')) ?? 'quadratic';
  const backend = backendNames.find((name) => name === given.get('backend')) ?? 'cpu';
  const settings: Record<string, unknown> = { ...defaultSettings(problem, backend) };
  for (const slider of sliders) {
    const text = given.get(slider.name);
    const value = Number(text);
    if (text === null || text.trim() === '' || !Number.isFinite(value)) continue;
    settings[slider.name] = slider.values[stopFor(slider, value)];
  }
  return settings as unknown as Settings;
}
