import { describe, expect, test } from 'vitest';
import { fma } from '../src/fma.ts';
import { type Latitude, permittedAverages, permittedParameters } from '../src/permitted.ts';
import { Random } from '../src/random.ts';
import { type Element, type Scalars, update } from '../src/reference.ts';
import { roundTo } from '../src/rounding.ts';

const none: Latitude = { contraction: 'never', subnormals: 'keep' };
const fusing: Latitude = { contraction: 'may', subnormals: 'keep' };
const flushing: Latitude = { contraction: 'never', subnormals: 'flush' };

function scalars(dtype: 'float32' | 'float64', options: Partial<Scalars> = {}): Scalars {
  const round = (value: number): number => roundTo(dtype, value);
  const rounded = {
    weightDecay: round(0.1),
    decay: round(0.999),
    negativeEta: round(-0.05),
    mu: round(1 / 3),
  };
  return { dtype, maximize: false, ...rounded, ...options };
}

/** Every permitted parameter with every average that is permitted for it. */
function permittedUpdates(
  { parameter, average }: Element,
  gradient: number,
  used: Scalars,
  latitude: Latitude,
): readonly { parameter: number; averages: readonly number[] }[] {
  return permittedParameters(parameter, gradient, used, latitude).map((updated) => ({
    parameter: updated,
    averages: permittedAverages(updated, average, used, latitude),
  }));
}

describe.each(['float32', 'float64'] as const)('permitted results in %s', (dtype) => {
  const round = (value: number): number => roundTo(dtype, value);

  function* draws(seed: string, low: number, high: number): Generator<[Element, number]> {
    const random = new Random(seed);
    const draw = (): number => round(random.magnitude(low, high));
    for (let trial = 0; trial < 500; trial++) yield [{ parameter: draw(), average: draw() }, draw()];
  }

  test('are the one result of the reference on a backend without latitude', () => {
    const [low, high] = dtype === 'float32' ? [-149, 120] : [-1074, 1000];
    for (const mu of [1, round(1 / 3)]) {
      for (const [element, gradient] of draws('no latitude', low, high)) {
        const { parameter, average } = update(element, gradient, scalars(dtype, { mu }));
        const permitted = permittedUpdates(element, gradient, scalars(dtype, { mu }), none);
        expect(permitted).toStrictEqual([{ parameter, averages: [average] }]);
      }
    }
  });

  test('contain, where products may be fused, each way of fusing them and nothing else', () => {
    const { weightDecay, decay, negativeEta, mu } = scalars(dtype);
    const multiplyAdds = [
      (a: number, b: number, c: number): number => round(round(a * b) + c),
      (a: number, b: number, c: number): number => fma(dtype, a, b, c),
    ];
    const sums = [
      (a: number, b: number, c: number, d: number): number => round(round(a * b) + round(c * d)),
      (a: number, b: number, c: number, d: number): number => fma(dtype, a, b, round(c * d)),
      (a: number, b: number, c: number, d: number): number => fma(dtype, c, d, round(a * b)),
    ];
    let several = 0;
    for (const [element, gradient] of draws('fusing', -3, 3)) {
      const ways = multiplyAdds.flatMap((penalize) =>
        sums.flatMap((move) =>
          multiplyAdds.map((blend) => {
            const p = move(
              element.parameter,
              decay,
              negativeEta,
              penalize(weightDecay, element.parameter, gradient),
            );
            return `${p} ${blend(round(p - element.average), mu, element.average)}`;
          }),
        ),
      );
      const permitted = permittedUpdates(element, gradient, scalars(dtype), fusing).flatMap(
        ({ parameter, averages }) => averages.map((average) => `${parameter} ${average}`),
      );
      expect(new Set(permitted)).toStrictEqual(new Set(ways));
      if (permitted.length > 1) several++;
    }
    expect(several).toBeGreaterThan(100);
  });

  test('do not depend on fusing where every product is exact', () => {
    const exact = scalars(dtype, { weightDecay: 0.5, decay: 0.5, negativeEta: -0.25, mu: 0.5 });
    expect(permittedUpdates({ parameter: 4, average: 1 }, 8, exact, fusing)).toStrictEqual([
      { parameter: -0.5, averages: [0.25] },
    ]);
  });

  test('also have a zero of the same sign for every subnormal number where those may be flushed', () => {
    const normal = dtype === 'float32' ? 2 ** -126 : 2 ** -1022;
    const still = scalars(dtype, { weightDecay: 0, decay: 0.5, negativeEta: -1, mu: 1 });
    // The product is subnormal; the gradient is 0.
    expect(permittedParameters(-normal, 0, still, flushing)).toStrictEqual([-normal / 2, -0]);
    // The parameter is subnormal already as an operand, and the difference is not.
    expect(permittedParameters(normal / 4, -normal, still, flushing)).toStrictEqual([
      normal + normal / 8,
      normal,
    ]);
  });

  test('leave normal numbers and zeros as they are where subnormal ones may be flushed', () => {
    for (const [element, gradient] of draws('normal', -3, 3)) {
      const { parameter, average } = update(element, gradient, scalars(dtype));
      expect(permittedUpdates(element, gradient, scalars(dtype), flushing)).toStrictEqual([
        { parameter, averages: [average] },
      ]);
    }
    const zero = permittedUpdates({ parameter: -0, average: -0 }, 0, scalars(dtype, { mu: 1 }), flushing);
    expect(zero).toStrictEqual([{ parameter: -0, averages: [-0] }]);
  });

  test('let a copied average be flushed where the parameter is not', () => {
    const subnormal = dtype === 'float32' ? 2 ** -130 : 2 ** -1030;
    const copying = scalars(dtype, { weightDecay: 0, decay: 1, mu: 1 });
    expect(permittedAverages(subnormal, 0, copying, flushing)).toStrictEqual([subnormal, 0]);
  });
});
