import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allCases } from '../src/cases/index.ts';
import { planCases } from '../src/plan.ts';
import { defaultFloor } from '../src/examination.ts';
import { plainCapabilities } from './kernels.ts';

const cases = await allCases();
const defaults = cases.filter(({ isThorough }) => !isThorough);

describe('the cases', () => {
  test('have unique ids, made of words and numbers that a command line takes', () => {
    const ids = cases.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[\w+\-./=<>[\],]+$/.test(id))).toStrictEqual([]);
    // These characters are special in patterns.
    expect(ids.filter((id) => id.includes('*'))).toStrictEqual([]);
  });

  test('refer to sections that exist in SPEC.md', () => {
    const core = dirname(createRequire(import.meta.url).resolve('@asgd/core/package.json'));
    const spec = readFileSync(join(core, 'SPEC.md'), 'utf8');
    const sections = new Set([...spec.matchAll(/^## (.+)$/gm)].map(([, title]) => title));
    expect(
      [...new Set(cases.map(({ spec: section }) => section))].filter((title) => !sections.has(title)),
    ).toStrictEqual([]);
  });

  test('are of every kind, and are repeated in every mode', () => {
    const kinds = [
      'vectors',
      'step',
      'magnitude',
      'batch',
      'schedule',
      'properties',
      'mathematics',
      'lifecycle',
      'hooks',
      'tensor-lr',
      'capturable',
      'differentiating',
      'functional',
      'learning',
      'errors',
      'failures',
      'thorough',
    ];
    const modes = ['resumed-always', 'odd-offsets', 'chunks'];
    const found = cases.map(({ id }) => id.split('/', 1)[0]);
    expect(new Set(found)).toStrictEqual(new Set([...kinds, ...modes]));
  });

  test('are more than the floor for a backend that declares as little as it can', () => {
    const least = {
      ...plainCapabilities,
      dtypes: ['float32'],
      hostVisible: false,
      schedules: false,
    } as const;
    const latitude = { contraction: 'may', subnormals: 'flush' } as const;
    const planned = planCases(defaults, { ...least, ...latitude }, []);
    expect(planned.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(defaultFloor);
    expect(defaultFloor).toBeGreaterThan(defaults.length / 5);
  });
});
