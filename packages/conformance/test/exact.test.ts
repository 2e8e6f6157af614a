import { ASGD, type Capabilities } from '@asgd/core';
import { describe, expect, test, vi } from 'vitest';
import { run } from '../src/run.ts';
import type { Report } from '../src/report.ts';
import { type Arithmetic, plainBackend } from './kernels.ts';

/** Cases of every kind that compares with the reference, few enough to be run many times. */
const patterns = ['step/*/n=257', 'magnitude/*', 'batch/late-joiners/*', 'schedule/t0=2.5/*'];

async function examine(
  only: string,
  declared: Partial<Capabilities>,
  arithmetic: Arithmetic,
): Promise<Report> {
  return run({ name: 'plain', open: () => plainBackend(declared, arithmetic) }, { only });
}

function failedIds({ rows }: Report): readonly string[] {
  return rows.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
}

describe('the comparison with exact arithmetic', () => {
  test.each(patterns)('passes a backend that rounds every operation once, in %s', async (only) => {
    const report = await examine(only, {}, {});
    expect(failedIds(report)).toStrictEqual([]);
    expect(report.rows.every(({ ulp }) => ulp === 0)).toBe(true);
  });

  describe.each(['gradient', 'decay'] as const)(
    'of a backend that fuses the product with the %s',
    (fuses) => {
      test.each(patterns)('passes it in %s where it declares that it may fuse', async (only) => {
        expect(failedIds(await examine(only, { contraction: 'may' }, { fuses }))).toStrictEqual([]);
      });

      test('fails it where it declares that it never fuses', async () => {
        const report = await examine('step/*/n=257', {}, { fuses });
        expect(failedIds(report)).toStrictEqual(report.rows.map(({ id }) => id));
      });
    },
  );

  describe('of a backend that flushes subnormal numbers', () => {
    test.each(patterns)('passes it in %s where it declares so', async (only) => {
      expect(failedIds(await examine(only, { subnormals: 'flush' }, { flushes: true }))).toStrictEqual([]);
    });

    test('fails it where it declares that it keeps them', async () => {
      const report = await examine('magnitude/subnormal/*', {}, { flushes: true });
      expect(failedIds(report)).toStrictEqual(report.rows.map(({ id }) => id));
    });

    test('passes it where it also fuses, and declares both', async () => {
      const both = { contraction: 'may', subnormals: 'flush' } as const;
      expect(
        failedIds(await examine('magnitude/*/float32', both, { flushes: true, fuses: 'decay' })),
      ).toStrictEqual([]);
    });
  });

  test('allows no other rounding, even with every latitude', async () => {
    const both = { contraction: 'may', subnormals: 'flush' } as const;
    const report = await examine('step/*/float32/n=257', both, { isWide: true });
    expect(failedIds(report)).toStrictEqual(report.rows.map(({ id }) => id));
  });
});

describe.each(['step/plain/*/n=17', 'vectors/*/together/*/foreach=unset'])(
  'both comparisons, in %s,',
  (only) => {
    test('look at the average, even where the parameter is right', async () => {
      const latitude = { contraction: 'may', subnormals: 'flush' } as const;
      const report = await examine(only, latitude, { averagesLate: true });
      const messages = report.rows.filter(({ outcome }) => outcome === 'fail').map(({ error }) => error);
      expect(messages.length).toBeGreaterThan(1);
      expect(messages.filter((message) => !message?.includes('the average of parameter 0'))).toStrictEqual(
        [],
      );
    });

    test.each(['step', 'eta', 'mu'] as const)('look at %s, which no backend decides', async (key) => {
      const getStates = Object.getOwnPropertyDescriptor(ASGD.prototype, 'state')?.get;
      vi.spyOn(ASGD.prototype, 'state', 'get').mockImplementation(function spied(this: ASGD): ASGD['state'] {
        const states = getStates?.call(this) as ASGD['state'];
        const tampered = [...states].map(([parameter, original]) => {
          const { step, eta, mu, ax } = original;
          const wrong = { step, eta, mu, [key]: original[key] + 2 ** -30 };
          return [parameter, { ...wrong, ax, read: async () => wrong }] as const;
        });
        return new Map(tampered);
      });
      const report = await examine(only, {}, {});
      vi.restoreAllMocks();
      expect(report.rows.length).toBeGreaterThan(1);
      expect(report.counts.pass).toBe(0);
    });
  },
);

describe('the comparison with PyTorch', () => {
  const vectors = 'vectors/*/foreach=unset';

  test('accepts only the same bits where the backend declares that it never fuses', async () => {
    const report = await examine(vectors, {}, {});
    expect(failedIds(report)).toStrictEqual([]);
    expect(report.rows.every(({ ulp }) => ulp === 0)).toBe(true);
    expect(failedIds(await examine(vectors, {}, { fuses: 'gradient' })).length).toBeGreaterThan(200);
  });

  test('accepts fused products within the bound of the manifest, where the backend declares them', async () => {
    for (const fuses of ['gradient', 'decay'] as const) {
      expect(failedIds(await examine(vectors, { contraction: 'may' }, { fuses }))).toStrictEqual([]);
    }
  });

  test('leaves out the traces that a backend which flushes subnormal numbers cannot follow', async () => {
    const report = await examine(vectors, { subnormals: 'flush' }, { flushes: true });
    expect(failedIds(report)).toStrictEqual([]);
    const left = report.rows.filter(({ outcome }) => outcome === 'not-applicable');
    expect(left.map(({ id }) => id)).toContain('vectors/float32/magnitudes/subnormal/foreach=unset');
    expect(left).toHaveLength(4);
  });
});
