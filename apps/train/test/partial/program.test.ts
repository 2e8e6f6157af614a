import { readFileSync } from 'node:fs';
import { ASGDClassifier } from '@asgd/linear';
import type { ModelPart } from '@asgd/linear/merge';
import { describe, expect, test } from 'vitest';
import { parsePipeCommand } from '../../src/partial/command-line.ts';
import { trainPart } from '../../src/partial/train-part.ts';
import { Folder } from '../folder.ts';
import { type Outcome, start } from '../program.ts';
import { inPieces, piped, svm } from './rows.ts';

const folder = new Folder();
const training = ['--partial', '--features', '5', '--classes=-1,1', '--lr', '0.5'];

describe('asgd-train in a pipe', () => {
  test('prints a part as one line, goes on from it, merges, evaluates and predicts', async () => {
    const first = await piped(training, svm(400));
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^\{"format":"asgd-linear-part",[^\n]*\}\n$/);
    folder.write('part.json', first.stdout);

    const env = { ASGD_MODEL: folder.at('part.json') };
    const goOn = (rows: string): Promise<Outcome> => piped(['--partial'], rows, { env });
    const [second, third] = await Promise.all([goOn(svm(300, 400)), goOn(svm(100, 700))]);
    const merged = await piped(['--merge'], second.stdout + third.stdout);
    expect(merged).toMatchObject({ status: 0, stderr: '' });
    const part = JSON.parse(merged.stdout) as ModelPart;
    expect(part).toMatchObject({ start: 400, steps: 400, parts: 2 });

    folder.write('merged.json', merged.stdout);
    const evaluated = await piped(['--evaluate', '--model', folder.at('merged.json')], svm(200, 800));
    expect(evaluated).toMatchObject({ status: 0, stderr: '' });
    const model = ASGDClassifier.fromJSON<number>(part.model);
    const [rows, labels] = dense(svm(200, 800));
    const last = model.lastIterate();
    const found = JSON.parse(evaluated.stdout) as Record<
      'average' | 'iterate',
      { loss: number; error: number }
    >;
    expect(found).toMatchObject({ rows: 200 });
    expect(found.average.error).toBe(Math.round(200 * (1 - model.score(rows, labels))));
    expect(found.average.loss).toBeCloseTo(200 * model.loss(rows, labels), 9);
    expect(found.iterate.error).toBe(Math.round(200 * (1 - last.score(rows, labels))));
    expect(found.iterate.loss).toBeCloseTo(200 * last.loss(rows, labels), 9);

    const args = ['--predict', folder.at('predictions.csv'), '--model', folder.at('merged.json')];
    expect(await piped(args, svm(200, 800))).toStrictEqual({ status: 0, stdout: '', stderr: '' });
    const [header, ...lines] = readFileSync(folder.at('predictions.csv'), 'utf8').trimEnd().split('\n');
    expect(header).toBe('row,label,prediction,probability');
    const predicted = model.predict(rows);
    const probabilities = model.predictProba(rows).data;
    const probability = (row: number): number =>
      probabilities[2 * row + (predicted[row] === 1 ? 1 : 0)] ?? NaN;
    const line = (label: number, row: number): string =>
      `${row + 1},${label},${predicted[row]},${Number(probability(row).toPrecision(6))}`;
    expect(lines).toStrictEqual(labels.map(line));
  });

  test('ends with 64 when an option is missing, before it reads anything', async () => {
    const { process: child, outcome } = start(['--partial', '--features', '5'], '/', {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { status, stdout, stderr } = await outcome;
    child.stdin?.end();
    expect([status, stdout]).toStrictEqual([64, '']);
    expect(stderr).toMatch(/^asgd-train: expected --lr with a number/);
  });

  test('prints nothing for no rows', async () => {
    const part = await trainPart(inPieces(svm(10), 4096), parsePipeCommand(training));
    folder.write('some.json', JSON.stringify(part));
    const evaluate = ['--evaluate', '--model', folder.at('some.json')];
    for (const args of [training, ['--merge'], evaluate]) {
      expect(await piped(args, '')).toStrictEqual({ status: 0, stdout: '', stderr: '' });
    }
  });

  test.runIf(process.platform === 'linux')('ends with 75 when nothing can be written', async () => {
    const { process: child, outcome } = start(training, '/', { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout?.destroy();
    child.stdin?.end(svm(5000));
    expect(await outcome).toMatchObject({
      status: 75,
      stderr: 'asgd-train: cannot write the standard output: nobody is reading it any more\n',
    });
  });

  test('ends with 65 and prints nothing when a row is wrong', async () => {
    expect(await piped(training, `${svm(3)}1 2:x\n${svm(3)}`)).toStrictEqual({
      status: 65,
      stdout: '',
      stderr: 'asgd-train: standard input:4:5: found "x", expected the value of feature 2, a finite number\n',
    });
  });

  test('explains itself', async () => {
    const { status, stdout } = await piped(['--partial', '--help'], '');
    expect(status).toBe(0);
    expect(stdout).toContain('Exit status: 0 done; 64 options or the model cannot be used');
  });

  test.runIf(process.platform === 'linux')('takes the same memory for 16 times as many rows', async () => {
    const reportPeak = folder.write(
      'peak.mjs',
      'process.on("exit", () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`));',
    );
    const peak = async (megabytes: number): Promise<number> => {
      const block = Buffer.from(svm(30_000));
      async function* blocks(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < megabytes; i++) yield block;
      }
      const env = { NODE_OPTIONS: `--import=${reportPeak}` };
      const { status, stderr } = await piped(training, blocks(), { env });
      expect(status).toBe(0);
      return Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024;
    };
    // In memory, rows of 14 MB of text would take 43 MB.
    expect((await peak(16)) - (await peak(1))).toBeLessThan(20);
  });
});

function dense(text: string): [number[][], number[]] {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  const rows = lines.map(([, ...pairs]) => {
    const row = [0, 0, 0, 0, 0];
    for (const pair of pairs) row[Number(pair.split(':')[0]) - 1] = Number(pair.split(':')[1]);
    return row;
  });
  return [rows, lines.map(([label]) => Number(label))];
}
