import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EpochRecord } from '../src/history.ts';
import { Folder } from './folder.ts';
import { asgdTrain, type Outcome } from './program.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', code = '']) => ({
  language,
  code,
}));
const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.trimEnd().split('\n'))
  .map((command) => command.replace(/^npx /, ''));
const outputs = blocks
  .filter(({ language }) => language === 'text')
  .map(({ code }) => code.trimEnd().split('\n'));

const folder = new Folder();
const row = (i: number): string => `${i % 3},${(i % 3) + (i % 7) / 7},${(i % 5) / 5}`;
const pairs = (i: number): string => `${i % 2} 1:${(i % 2) + (i % 7) / 7} 2:1`;
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
folder.write('flowers.csv', `species,width,height\n${lines(90, row)}`);
folder.write(
  'houses.csv',
  lines(90, (i) => `${(i % 9) / 9},${(i % 4) / 4},${(i % 9) + (i % 4)}`),
);
const car = (i: number): string =>
  `${i},${['Saab', 'Volvo'][i % 2]},${i % 3 === 0 ? 'NA' : 100 + i},"red, ${i % 2}",${['gas', ''][i % 2]}`;
folder.write('cars.csv', `id,brand,power,colour,fuel\n${lines(90, car)}`);
folder.write('mail.svm.gz', gzipSync(lines(90, pairs)));
folder.write('mail.test.svm', lines(30, pairs));
const mail = (i: number): string =>
  `${['inbox', 'junk'][i % 2]},offer ${i},"${['dear friend', 'buy now'][i % 2]}, ${i}"`;
folder.write('mails.csv', `folder,subject,body\n${lines(90, mail)}`);

describe('the README', () => {
  test('has the blocks that these tests run or compare', () => {
    expect(blocks.map(({ language }) => language)).toStrictEqual([
      'sh',
      'text',
      'sh',
      'text',
      'sh',
      'sh',
      'text',
    ]);
  });

  test.each(commands.filter((command) => command.startsWith('asgd-train ')))('%s', async (command) => {
    const outcome: Outcome = await asgdTrain(command.split(' ').slice(1), folder.path);
    expect([outcome.status, outcome.stderr]).toStrictEqual([0, '']);
    expect(outcome.stdout).toMatch(/^Averaging .*\.$/m);
  });

  test('has no other commands than these and the demo', () => {
    expect(commands.filter((command) => !command.startsWith('asgd-train '))).toStrictEqual(['npm run demo']);
  });

  test('shows the error for bad input', async () => {
    const [expected = ''] = outputs[1] ?? [];
    const bad = new Folder();
    bad.write('flowers.csv', `species,width,height\n${lines(5, () => '0,1.5,2')}12.,wide,2\n`);
    const { status, stderr } = await asgdTrain(['--data', 'flowers.csv', '--label', 'species'], bad.path);
    expect([status, stderr.trimEnd()]).toStrictEqual([1, expected]);
  });
});

test('the first block prints what the README shows, speed aside', async () => {
  const { stdout } = await asgdTrain((commands[0] ?? '').split(' ').slice(1), folder.path);
  const printed = new Set(stdout.split('\n').map(untimed));
  expect(linesOf(0).filter((line) => !printed.has(line))).toStrictEqual([]);
});

describe('the demo', () => {
  let printed: string[];
  let history: EpochRecord[];
  beforeAll(async () => {
    const { stdout } = await asgdTrain(['--json', 'demo.json'], folder.path);
    printed = stdout.split('\n').map(untimed);
    ({ history } = JSON.parse(readFileSync(folder.at('demo.json'), 'utf8')) as { history: EpochRecord[] });
  });

  test('prints what the README shows, speed aside', () => {
    expect(linesOf(2).filter((line) => !printed.includes(line))).toStrictEqual([]);
  });

  test('ends with an average well ahead of the last iterate and as good as what other programs find', () => {
    const { last, average } = history.at(-1) ?? {};
    // Measured on the same rows with scikit-learn 1.9: SGDClassifier(loss='log_loss', average=True) has an error of
    // 9.4 % (mean of five seeds), LogisticRegression with lbfgs 9.9 %.
    expect(average?.error).toBeLessThan(0.094 + 0.005);
    expect(average?.error).toBeLessThan((last?.error ?? NaN) - 0.005);
    expect(average?.loss).toBeLessThan(last?.loss ?? NaN);
  });
});

/** The lines of a block that are printed. */
function linesOf(output: number): string[] {
  const shown = (outputs[output] ?? []).filter((line) => line !== '...').map(untimed);
  expect(shown.length).toBeGreaterThan(5);
  return shown;
}

/** A line without its speed, which differs from run to run. */
function untimed(line: string): string {
  return line.replace(/(?<= %) +[\d.]+(?: [kM])?$/, '');
}
