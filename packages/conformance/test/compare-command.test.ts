import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import schema from '../comparison.schema.json' with { type: 'json' };
import { trainingRuns } from '../src/cases/index.ts';
import { type Comparison, COMPARISON_SCHEMA } from '../src/comparison.ts';
import { fma } from '../src/fma.ts';

const folder = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'asgd-compare-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const { fround } = Math;
const [plain, foolers] = ['test/subjects/plain.ts', 'test/subjects/foolers.ts'];
const exportsOf = (...names: readonly string[]): string[] => names.flatMap((name) => ['--export', name]);

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function compare(...args: readonly string[]): Ran {
  const node = ['--conditions=@asgd/source', 'src/cli.ts', 'compare', ...args];
  return spawnSync(process.execPath, node, { cwd: folder, encoding: 'utf8' });
}

function compareAs(name: string, ...args: readonly string[]): Ran & { readonly comparison: Comparison } {
  const file = join(scratch, `${name}.json`);
  const ran = compare(...args, '--json', file);
  const comparison = JSON.parse(readFileSync(file, 'utf8')) as Comparison;
  expect(complaints(comparison)).toStrictEqual([]);
  return { ...ran, comparison };
}

const validate = new Ajv2020({
  strict: true,
  strictTuples: false,
  allErrors: true,
  allowUnionTypes: true,
}).compile(schema);

/** What the published schema has against a comparison. */
function complaints(comparison: object): unknown {
  validate(comparison);
  return validate.errors ?? [];
}

test('the schema is of the version of the comparison, and refuses others', () => {
  expect(schema.properties.schema.const).toBe(COMPARISON_SCHEMA);
  const names = exportsOf('plain', 'fusing');
  const { comparison } = compareAs('schema', plain, plain, ...names, '--only', 'step/plain/float32/n=17');
  expect(comparison.verdict).toBe('different');
  const { verdict: _, ...rest } = comparison;
  for (const wrong of [
    { ...comparison, schema: 2 },
    { ...comparison, verdict: 'same' },
    { ...comparison, more: 1 },
    rest,
  ]) {
    expect(complaints(wrong)).not.toStrictEqual([]);
  }
});

describe('two backends', () => {
  test('with the same arithmetic are equal in every case that both can run', () => {
    const names = exportsOf('plain', 'default');
    const args = [plain, 'test/subjects/subject.ts', ...names, '--only', '*step/plain/*/n=17'];
    const { status, stdout, comparison } = compareAs('equal', ...args);
    expect(comparison).toMatchObject({
      schema: 1,
      subjects: [
        {
          subject: `${plain}#plain`,
          backend: 'plain',
          engine: 'fresh',
          capabilities: { dtypes: ['float32'] },
        },
        { subject: 'plain subject' },
      ],
      selection: { only: ['*step/plain/*/n=17'], shard: null },
      verdict: 'equal',
      problems: [],
      counts: { equal: 8, different: 0, failed: 0, 'not-applicable': 8 },
    });
    expect(stdout).toContain(
      `not applicable (4): needs float64, which the backend does not declare among its dtypes (${plain}#plain)`,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `${plain}#plain and plain subject: equal, 8 of 8 compared cases are equal (0 failed, 8 not applicable)`,
    );
    expect(status).toBe(0);
  });

  test('of which one fuses a product differ where its rounding shows first', async () => {
    const id = 'step/plain/float32/n=257';
    const run = (await trainingRuns()).find((item) => item.id === id);
    const trace = run?.trace();
    const [parameter, gradient] = [trace?.parameters[0]?.initial ?? [], trace?.steps[0]?.gradients[0] ?? []];
    const [eta, decay] = [fround(0.05), fround(1 - 0.01 * fround(0.05))];
    const after = Array.from(parameter, (p, index) => {
      const g = gradient[index] ?? Number.NaN;
      const decayed = fround(p * decay);
      return [fround(decayed + fround(-eta * g)), fma('float32', -eta, g, decayed)] as const;
    });
    const differing = after.filter(([rounded, fused]) => rounded !== fused);
    const index = after.findIndex(([rounded, fused]) => rounded !== fused);
    expect(differing.length).toBeGreaterThan(10);

    const args = [plain, plain, ...exportsOf('plain', 'fusing'), '--only', id];
    const { status, stdout, comparison } = compareAs('fusing', ...args);
    const [rounded, fused] = after[index] ?? [];
    expect(comparison.rows).toMatchObject([
      {
        id,
        outcome: 'different',
        reason: null,
        difference: {
          step: 1,
          parameter: 0,
          what: 'parameter',
          index,
          length: 257,
          count: differing.length,
          values: [{ decimal: String(rounded) }, { decimal: String(fused) }],
        },
      },
    ]);
    expect(comparison.verdict).toBe('different');
    expect(stdout).toContain(
      `   step 1, parameter 0: ${differing.length} of 257 numbers differ, the first at index ${index} (float32)`,
    );
    expect(stdout).toMatch(/plain\.ts#fusing +-?[\d.]+ +0x[\da-f]{8}\n +\d+ ulp apart\n/);
    expect(stdout).toContain('different, 0 of 1 compared cases are equal');
    expect(status).toBe(1);
  });

  test('that differ in much take a page', () => {
    const args = [plain, plain, ...exportsOf('fusing', 'plain'), '--only', 'step/*/float32/*'];
    const { status, stdout } = compare(...args);
    expect(stdout).toMatch(/^10\. step/m);
    expect(stdout).not.toMatch(/^11\. /m);
    expect(stdout).toMatch(/^and \d+ more cases that differ: see the comparison \(--json\)$/m);
    expect(stdout).toMatch(/^parameter in float32: first to differ in \d+ cases, up to \d+ ulp apart$/m);
    expect(stdout.split('\n').length).toBeLessThan(70);
    expect(status).toBe(1);
  });

  test('of the same name are told apart', () => {
    const { stdout, status } = compare(
      plain,
      plain,
      ...exportsOf('plain'),
      '--only',
      'step/plain/float32/n=1',
    );
    expect(stdout).toContain(`${plain}#plain (first) and ${plain}#plain (second): equal, 1 of 1`);
    expect(status).toBe(0);
  });
});

describe('a comparison is not called equal', () => {
  const seven = ['--only', 'step/plain/float32/n=1*'];
  const good = 'test/subjects/subject.ts';

  test('if a backend ends its process with the exit code of success: that case fails', () => {
    const { status, stdout, comparison } = compareAs(
      'exiting',
      good,
      foolers,
      ...exportsOf('default', 'exiting'),
      ...seven,
    );
    expect(comparison.rows.map(({ outcome }) => outcome).join()).toBe(
      'equal,equal,equal,equal,failed,equal,equal',
    );
    const reason = `${foolers}#exiting: The process exited with code 0.`;
    expect(comparison.rows[4]?.reason).toBe(reason);
    expect(stdout).toContain(`failed ${comparison.rows[4]?.id}: ${reason}`);
    expect(stdout).toContain('not compared in full, 6 of 6 compared cases are equal (1 failed');
    expect(comparison.verdict).toBe('incomplete');
    expect(status).toBe(2);
  });

  test('if a backend ends every process, which is given up', () => {
    const names = exportsOf('exitingAlways', 'default');
    const { status, comparison } = compareAs('always', foolers, good, ...names, '--only', 'step/*/float32/*');
    expect(comparison.counts).toMatchObject({ different: 0, failed: 20 });
    expect(comparison.problems[0]).toMatch(
      /^\d+ cases did not run, because 20 processes had died by then\.$/,
    );
    expect(status).toBe(2);
  });

  test.each([
    ['rejecting', 'A promise was rejected with no handler'],
    ['throwing', 'A callback threw'],
  ])('if a backend leaves an error behind: %s', (name, what) => {
    const one = ['--only', 'step/plain/float32/n=1'];
    const { status, stdout } = compare(good, foolers, ...exportsOf('default', name), ...one);
    expect(stdout).toContain(`${foolers}#${name}: Error: ${what}`);
    expect(status).toBe(2);
  });

  test.each([
    ['throws', plain, 'absent', 'no such device'],
    ['ends the process', foolers, 'neverOpening', 'The process exited with code 0.'],
  ])('if a backend cannot be opened: it %s', (_, module, name, why) => {
    const { status, stdout } = compare(module, good, ...exportsOf(name, 'default'), ...seven);
    expect(stdout).toContain(`problem ${module}#${name} could not be opened: `);
    expect(stdout).toContain(why);
    expect(stdout).toContain('not compared in full, 0 of 0 compared cases are equal');
    expect(status).toBe(2);
  });

  test('if an engine that served all cases cannot be stopped', () => {
    const { status, stdout, comparison } = compareAs(
      'engine',
      good,
      foolers,
      ...exportsOf('default', 'unstoppable'),
      ...seven,
    );
    expect(comparison.subjects[1].engine).toBe('shared');
    expect(comparison.counts.equal).toBe(7);
    expect(stdout).toContain(
      'problem unstoppable: The engine could not be stopped: Error: the engine does not stop',
    );
    expect(status).toBe(2);
  });

  test('if no case runs on both', () => {
    const names = exportsOf('plain', 'default');
    const { status, stdout } = compare(plain, good, ...names, '--only', 'step/plain/float64/n=1');
    expect(stdout).toContain(
      'not compared in full, 0 of 0 compared cases are equal (0 failed, 1 not applicable)',
    );
    expect(status).toBe(2);
  });
});

describe('asgd-conformance compare exits with 2 and says what to do for', () => {
  test.each([
    ['no module', [], 'compare expects two modules, but got none'],
    ['one module', ['a.js'], 'compare expects two modules, but got 1: a.js'],
    ['three modules', ['a.js', 'b.js', 'c.js'], 'compare expects two modules, but got 3: a.js, b.js, c.js'],
    [
      'options of a run',
      ['a.js', 'b.js', '--bail', '--junit', 'x'],
      'compare does not take --bail and --junit',
    ],
    [
      'three exports',
      ['a.js', 'b.js', ...exportsOf('a', 'b', 'c')],
      '--export once for both modules or once for each',
    ],
    [
      'a module that is not there',
      [plain, './nowhere.js', ...exportsOf('plain')],
      'Cannot import ./nowhere.js',
    ],
    ['a module that ends its process', ['test/subjects/never-imported.ts', plain], 'exited with code 0'],
    ['an export that is not there', [plain, plain, ...exportsOf('plain', 'plan')], "The export 'plan'"],
    [
      'cases without a trace',
      [plain, plain, '--only', 'errors/*'],
      "The cases of 'errors/*' cannot be compared",
    ],
    ['no case', [plain, plain, '--only', 'step/plain'], "No case matches 'step/plain'"],
    [
      'a file that cannot be written',
      [plain, plain, ...exportsOf('plain'), '--only', 'step/plain/float32/n=1', '--json', 'nowhere/c.json'],
      'Cannot write the report to nowhere/c.json',
    ],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = compare(...args);
    expect(stderr).toContain('asgd-conformance: ');
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
