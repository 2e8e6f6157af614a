/** What is trained: parameters, a noisy gradient of the loss, and how good given parameters are. */
export interface Problem {
  readonly parameters: readonly ParameterStart[];
  /** Steps in one pass over the data. */
  readonly stepsPerEpoch: number;
  /** After how many steps training ends by itself. */
  readonly steps: number;
  /** How many steps are taken between two looks at the result. */
  readonly stepsBetween: number;
  /** How many such looks there are in a second at most; a run that is over at once shows nothing. */
  readonly looksPerSecond: number;
  /** Writes the gradient of the next batch, one array a parameter. */
  writeGradients(values: readonly Float32Array[], gradients: readonly Float32Array[]): void;
  evaluate(values: readonly Float32Array[]): Score;
  /** What is saved with an exported model. */
  readonly about: Readonly<Record<string, unknown>>;
}

interface ParameterStart {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** How good parameters are on what training does not see. */
export interface Score {
  readonly loss: number;
  /** The share of wrong answers, or the root of the mean square error; `null` where there is no such thing. */
  readonly error: number | null;
}
