import { describe, expect, test } from 'vitest';
import { toBadge } from '../src/badge.ts';
import type { Report, Verdict } from '../src/report.ts';
import { run } from '../src/run.ts';
import { plainBackend } from './kernels.ts';

const ran = await run({ name: 'plain', open: () => plainBackend() }, { only: 'step/plain/*/n=17' });

function badge(rest: Partial<Report>): string {
  return toBadge({ ...ran, ...rest });
}

/** What is written on it, from left to right. */
function textsOf(svg: string): readonly (string | undefined)[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
}

describe('the badge', () => {
  const whole = { selection: null };

  test.each<[Verdict, Partial<Report>, string, string]>([
    ['conforms', whole, 'conforms', '#1a7f37'],
    ['conforms with exceptions', whole, 'conforms with exceptions', '#9a6700'],
    ['does not conform', whole, 'does not conform', '#b42318'],
    ['the selection passes', {}, '4 selected cases pass', '#57606a'],
    ['unfinished', whole, 'unfinished', '#57606a'],
  ])('shows the version of the suite, and that %s', (verdict, rest, text, color) => {
    const svg = badge({ ...rest, verdict });
    expect(textsOf(svg)).toStrictEqual([`asgd-conformance ${ran.suite.version}`, text]);
    expect(svg).toContain(`rx="3" fill="${color}"`);
  });

  test('of a selection never says that a backend conforms', async () => {
    const failing = await run(
      { name: 'fusing', open: () => plainBackend({}, { fuses: 'decay' }) },
      { only: 'step/plain/float32/n=257' },
    );
    expect(textsOf(toBadge(failing))[1]).toBe('1 of 1 selected case failed');
    for (const report of [ran, failing]) expect(toBadge(report)).not.toContain('conforms');
  });

  test('shows names as they are, whatever is in them', () => {
    const svg = badge({ subject: '<script>"&\u0000' });
    expect(svg).toContain('<title>&lt;script&gt;&quot;&amp;?: 4 selected cases pass (4 passed');
    expect(svg).toContain('aria-label="&lt;script&gt;&quot;&amp;?: 4 selected');
    expect(svg).not.toContain('<script');
  });
});
