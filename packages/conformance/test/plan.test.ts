import { ArgumentError, defineBackend } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../src/run.ts';
import type { Report } from '../src/report.ts';
import { plainBackend, plainKernels } from './kernels.ts';
import { caseOf, failing, passing, rowOf, runCases } from './small-cases.ts';

test('a case with large tensors applies where the subject says that there is room for them', async () => {
  const large = caseOf('large', () => {}, { maxBytes: 2 ** 32 });
  const subject = { name: 'plain', open: () => plainBackend() };
  const row = rowOf(await runCases([large, passing], {}, subject), 'large');
  expect(row).toMatchObject({ outcome: 'not-applicable' });
  expect(row?.reason).toBe(
    'needs tensors of 4294967296 bytes, and the subject says that its backends hold 2147483648 (maxBytes)',
  );
  const roomy = await runCases([large], {}, { ...subject, maxBytes: 2 ** 32 });
  expect(rowOf(roomy, 'large')?.outcome).toBe('pass');
  expect(roomy.maxBytes).toBe(2 ** 32);
});

describe('a case that needs what the backend does not declare', () => {
  const needs = caseOf('needing', () => {}, { dtypes: ['float32', 'complex128'] });

  test('does not apply, and its row says which capability is missing', async () => {
    const narrow = { name: 'narrow', open: () => plainBackend({ dtypes: ['float32'] }) };
    const report = await runCases([needs, passing], {}, narrow);
    expect(rowOf(report, 'needing')).toMatchObject({ outcome: 'not-applicable' });
    expect(rowOf(report, 'needing')?.reason).toContain('complex128');
    expect(report.passed).toBe(true);
  });

  test('runs where everything is declared: complex dtypes come with the real ones', async () => {
    expect(rowOf(await runCases([needs]), 'needing')?.outcome).toBe('pass');
  });

  test('may need memory that the host sees', async () => {
    const visible = caseOf('visible', () => {}, { hostVisible: true });
    const { view: _, ...hidden } = plainKernels({ hostVisible: false });
    const device = { name: 'device', open: () => defineBackend(hidden) };
    expect(rowOf(await runCases([visible, passing], {}, device), 'visible')?.reason).toContain('hostVisible');
    expect(rowOf(await runCases([visible]), 'visible')?.outcome).toBe('pass');
  });

  test('may need memory that the host does not see, or no schedules', async () => {
    const hidden = caseOf('hidden', () => {}, { hostVisible: false });
    const without = caseOf('without', () => {}, { schedules: false });
    const { view: _, ...kernels } = plainKernels({ hostVisible: false });
    const device = { name: 'device', open: () => defineBackend(kernels) };
    const outcomes = ({ rows }: Report): readonly string[] => rows.map(({ outcome }) => outcome);
    expect(outcomes(await runCases([hidden, without], {}, device))).toStrictEqual(['pass', 'pass']);
    const report = await runCases([hidden, without, passing]);
    expect(outcomes(report)).toStrictEqual(['not-applicable', 'not-applicable', 'pass']);
    expect(rowOf(report, 'hidden')?.reason).toBe('needs hostVisible false, but the backend declares true');
    expect(rowOf(report, 'without')?.reason).toContain('without schedules');
  });

  test('may need a schedule where the parameters are', async () => {
    const scheduled = caseOf('scheduled', () => {}, { schedules: true });
    const { view: _, ...hidden } = plainKernels({ hostVisible: false });
    const without = { name: 'without', open: () => defineBackend(hidden) };
    const withThem = {
      name: 'with',
      open: () => defineBackend({ ...hidden, capabilities: { ...hidden.capabilities, schedules: true } }),
    };
    expect(rowOf(await runCases([scheduled, passing], {}, without), 'scheduled')?.reason).toContain(
      'schedules',
    );
    expect(rowOf(await runCases([scheduled], {}, withThem), 'scheduled')?.outcome).toBe('pass');
    expect(rowOf(await runCases([scheduled]), 'scheduled')?.outcome).toBe('pass');
  });

  test('may need subnormal numbers to be kept', async () => {
    const keeping = caseOf('keeping', () => {}, { subnormals: 'keep' });
    const flushing = { name: 'flushing', open: () => plainBackend({ subnormals: 'flush' }) };
    expect(rowOf(await runCases([keeping, passing], {}, flushing), 'keeping')?.outcome).toBe(
      'not-applicable',
    );
    expect(rowOf(await runCases([keeping]), 'keeping')?.outcome).toBe('pass');
  });
});

describe('an expectation', () => {
  const reason = 'the driver rounds towards zero';

  test('keeps a case from being run, with its reason in the row', async () => {
    const report = await runCases([passing, failing], {
      expectations: [{ id: 'some/failing', outcome: 'skip', reason }],
    });
    expect(rowOf(report, 'some/failing')).toMatchObject({ outcome: 'skip', reason });
    expect(report.passed).toBe(true);
  });

  test('lets a case fail that is expected to', async () => {
    const report = await runCases([passing, failing], {
      expectations: [{ id: 'some/failing', outcome: 'fail', reason }],
    });
    expect(rowOf(report, 'some/failing')).toMatchObject({ outcome: 'fail', expectedToFail: true, reason });
    expect(report.passed).toBe(true);
  });

  test('fails the run when the case passes against it', async () => {
    const report = await runCases([passing], {
      expectations: [{ id: 'some/passing', outcome: 'fail', reason }],
    });
    expect(report.passed).toBe(false);
    expect(report.problems).toStrictEqual([
      `some/passing passed, but was expected to fail (${reason}): remove the expectation.`,
    ]);
  });

  test('fails the run when it matches no case of the suite', async () => {
    const report = await runCases([passing], {
      expectations: [{ id: 'some/pasing', outcome: 'skip', reason }],
    });
    expect(report.passed).toBe(false);
    expect(report.problems).toStrictEqual([
      'The expectation that some/pasing will skip matches no case: correct its id or remove it.',
    ]);
  });

  test('may name a case that was not chosen for this run', async () => {
    const options = {
      only: 'some/passing',
      expectations: [{ id: 'some/failing', outcome: 'fail', reason }],
    } as const;
    expect((await runCases([passing, failing], options)).passed).toBe(true);
  });

  test('may be a pattern', async () => {
    const report = await runCases([passing, failing, caseOf('other')], {
      expectations: [{ id: 'some/*', outcome: 'skip', reason }],
    });
    expect(report.rows.map(({ outcome }) => outcome)).toStrictEqual(['skip', 'skip', 'pass']);
  });

  test.each([
    ['without a reason', { id: 'some/failing', outcome: 'fail', reason: ' ' }, 'the reason " "'],
    ['without an id', { id: '', outcome: 'fail', reason }, 'the id ""'],
    ['with another outcome', { id: 'some/failing', outcome: 'pass', reason }, 'the outcome "pass"'],
  ])('is refused %s', async (_, expectation, message) => {
    const expectations = [expectation] as RunOptions['expectations'] & {};
    const refused = runCases([passing], { expectations });
    await expect(refused).rejects.toThrow(ArgumentError);
    await expect(refused).rejects.toThrow(message);
  });
});
