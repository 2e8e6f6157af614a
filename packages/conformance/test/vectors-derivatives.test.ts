import { expect, test } from 'vitest';
import { decodeDerivativeTrace, loadDerivativeTraces } from '../src/vectors-derivatives.ts';

test('a trace has a derivative with respect to everything that it starts from, and no magnitude is smaller', async () => {
  for (const stored of await loadDerivativeTraces()) {
    const { parameters, steps, groups, start, derivatives, magnitudes } = decodeDerivativeTrace(stored);
    const lengths = parameters.map(({ initial }) => initial.length);
    expect(derivatives.parameters.map((found) => found?.length)).toStrictEqual(lengths);
    const averages = derivatives.averages.map((found) => found?.length ?? null);
    expect(averages).toStrictEqual(lengths.map((length) => (start.length > 0 ? length : null)));
    expect(derivatives.gradients.map((step) => step.map((found) => found !== null))).toStrictEqual(
      steps.map(({ gradients }) => gradients.map((gradient) => gradient !== null)),
    );
    expect(derivatives.options).toHaveLength(groups.length);
    for (const [index, found] of derivatives.parameters.entries()) {
      const largest = Math.max(...(found ?? []).map(Math.abs));
      expect(largest * (1 - 2 ** -20)).toBeLessThanOrEqual(magnitudes.parameters[index] ?? NaN);
    }
    for (const [group, found] of derivatives.options.entries()) {
      for (const name of ['lr', 'lambd', 'weightDecay'] as const) {
        expect(Math.abs(found[name]) * (1 - 2 ** -20)).toBeLessThanOrEqual(
          magnitudes.options[group]?.[name] ?? NaN,
        );
      }
    }
  }
});
