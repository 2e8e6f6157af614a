import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readReports, withTable } from '../src/conformance-table.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asgd-ci-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** What the table needs of a report. */
function report(rest: object = {}): object {
  return {
    schema: 1,
    subject: 'cpu',
    environment: { runtime: 'node 24.21.0', platform: 'linux x64' },
    verdict: 'conforms',
    selection: null,
    counts: { pass: 12, fail: 3, skip: 0, 'not-applicable': 45 },
    capabilities: { contraction: 'never', subnormals: 'keep' },
    rows: [
      { id: 'vectors/a', outcome: 'pass', ulp: 0 },
      { id: 'vectors/b', outcome: 'pass', ulp: 2 },
      { id: 'vectors/c', outcome: 'not-applicable', ulp: null },
      { id: 'step/d', outcome: 'pass', ulp: 0 },
    ],
    ...rest,
  };
}

function write(path: string, content: object): void {
  const file = join(root, 'packages', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

const file = join(import.meta.dirname, '..', '..', '..', 'README.md');
const document = [
  'before\n',
  '<!-- npm run evidence writes this table from the reports of the tests -->\n',
  'old\n',
  '<!-- end of the table -->\n',
  'after\n',
].join('\n');

describe('the table', () => {
  test('has a row for each report, and leaves the rest of the document alone', async () => {
    write('cpu/reports/conformance/cpu-node.json', report());
    const chromium = { runtime: 'Mozilla/5.0 HeadlessChrome/153.0.0.0', platform: null };
    const capabilities = { contraction: 'may', subnormals: 'flush' };
    write(
      'gpu/reports/conformance/gpu-chromium.json',
      report({ subject: 'gpu', environment: chromium, capabilities }),
    );
    const written = await withTable(document, readReports(root), file);
    const lines = written.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toStrictEqual([
      'before',
      '<!-- npm run evidence writes this table from the reports of the tests -->',
      "| backend | in | verdict | passed | failed | not applicable | PyTorch's bits | products | subnormals |",
      expect.stringMatching(/^[| -]+$/),
      '| cpu | Node | conforms | 12 | 3 | 45 | 1 of 2 | rounded | kept |',
      '| gpu | Chromium | conforms | 12 | 3 | 45 | 1 of 2 | may be fused | flushed |',
      '<!-- end of the table -->',
      'after',
    ]);
    expect(await withTable(written, readReports(root), file)).toBe(written);
  });

  test.each([
    ['of a selection', { selection: { only: ['step/*'], shard: null } }],
    ['of a run that has not ended', { verdict: 'unfinished' }],
    ['in another format', { schema: 2 }],
  ])('is not made from a report %s', (_, rest) => {
    write('cpu/reports/conformance/cpu-node.json', report(rest));
    expect(() => readReports(root)).toThrow('cpu-node.json is not the report of a whole run that has ended');
  });

  test('is not made from nothing', () => {
    expect(() => readReports(root)).toThrow('run npm test first');
  });

  test('is not made of what ran where nobody knows', async () => {
    write(
      'cpu/reports/conformance/cpu-node.json',
      report({ environment: { runtime: 'bun 1', platform: null } }),
    );
    await expect(withTable(document, readReports(root), file)).rejects.toThrow("comes from 'bun 1'");
  });

  test('needs a place', async () => {
    await expect(withTable('no table', [], file)).rejects.toThrow('has no place for the table');
  });
});
