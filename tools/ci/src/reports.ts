import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Summary extends Totals {
  /** What failed, and what was said of it. */
  readonly failures: readonly Failure[];
  /** Why the totals cannot be trusted, one sentence each. */
  readonly problems: readonly string[];
}

interface Failure {
  /** The file and the test: `packages/core/test/a.test.ts: adds two numbers`. */
  readonly test: string;
  readonly message: string;
}

/** What is read of a report in vitest's JSON format. */
interface Report {
  readonly success: boolean;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  /** Why the file could not be loaded, or what its hooks threw; otherwise empty. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Adds up the reports of all packages of the workspace at `root`, and looks for tests that are in none of them. */
export function summarize(root: string): Summary {
  const packages = globSync('{packages,apps,tools}/*/package.json', { cwd: root })
    .map((manifest) => join(manifest, '..'))
    .filter(
      (folder) =>
        testFiles(root, folder).length > 0 ||
        globSync('reports/*.json', { cwd: join(root, folder) }).length > 0,
    )
    .toSorted();
  if (packages.length === 0) return { ...add([]), failures: [], problems: [`${root} has no tests.`] };
  const parts = [...packages.map((folder) => summarizePackage(root, folder)), ...summarizePytest(root)];
  return {
    ...add(parts),
    failures: parts.flatMap(({ failures }) => failures),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** `12 passed, 0 failed`, and `, 1 skipped` where there are any. */
export function line({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function summarizePackage(root: string, folder: string): Summary {
  const paths = globSync('reports/*.json', { cwd: join(root, folder) }).map((path) => join(folder, path));
  if (paths.length === 0) {
    return { ...add([]), failures: [], problems: [`${folder} has tests but left no report.`] };
  }
  const problems: string[] = [];
  const ran: TestFile[] = [];
  for (const path of paths.toSorted()) {
    try {
      const report = parse(readFileSync(join(root, path), 'utf8'));
      ran.push(...report.testResults);
      const { passed, failed } = add(report.testResults.map(count));
      if (passed + failed === 0) problems.push(`${path} has no test that ran.`);
      if (!report.success && failed === 0) {
        problems.push(`${path} says that the run failed outside of its tests.`);
      }
    } catch (error) {
      problems.push(
        `${path} is not a vitest report: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  for (const file of testFiles(root, folder)) {
    if (!ran.some(({ name }) => name.endsWith(`/${file}`))) problems.push(`${file} is in no report.`);
  }
  return { ...add(ran.map(count)), failures: ran.flatMap((file) => failuresOf(file, folder)), problems };
}

/**
 * The reports that pytest left, in JUnit's format. There is none where Python or Java is missing: the check that runs
 * these tests says so.
 */
function summarizePytest(root: string): readonly Summary[] {
  return globSync('apps/*/reports/junit.xml', { cwd: root })
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      const [suite = ''] = /<testsuite\s[^>]*>/.exec(text) ?? [];
      const read = (name: string): number =>
        Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? NaN);
      const failed = read('failures') + read('errors');
      const skipped = read('skipped');
      const passed = read('tests') - failed - skipped;
      if (!Number.isFinite(passed)) {
        return { ...add([]), failures: [], problems: [`${path} is not a report of pytest.`] };
      }
      const problems = passed + failed === 0 ? [`${path} has no test that ran.`] : [];
      const failures = [...text.matchAll(pytestFailure)].map(({ 1: file, 2: name }) => ({
        test: `${path}: ${file}.${name}`,
        message: 'The output of pytest above says why.',
      }));
      return { passed, failed, skipped, failures, problems };
    });
}

const pytestFailure = /<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error)\s/g;

function testFiles(root: string, folder: string): string[] {
  return globSync(`${folder}/test/**/*.test.ts`, { cwd: root }).toSorted();
}

function parse(text: string): Report {
  const { success, testResults } = JSON.parse(text) as Partial<Report>;
  if (typeof success !== 'boolean' || !Array.isArray(testResults)) {
    throw new TypeError('expected the properties success and testResults.');
  }
  return { success, testResults };
}

/** A file that could not be loaded, or whose hooks failed, has no failed test; it counts as one. */
function count({ status, assertionResults }: TestFile): Totals {
  const passed = assertionResults.filter((test) => test.status === 'passed').length;
  const failed = assertionResults.filter((test) => test.status === 'failed').length;
  const skipped = assertionResults.length - passed - failed;
  return { passed, failed: status === 'passed' ? failed : Math.max(failed, 1), skipped };
}

function failuresOf(file: TestFile, folder: string): readonly Failure[] {
  // From the root of the workspace on, wherever that was when the report was made.
  const path = file.name.slice(file.name.lastIndexOf(`/${folder}/`) + 1);
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && file.status !== 'passed') return [{ test: path, message: file.message }];
  return failed.map(({ fullName, failureMessages }) => ({
    test: `${path}: ${fullName}`,
    message: failureMessages.join('\n'),
  }));
}

function add(parts: readonly Totals[]): Totals {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of parts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}
