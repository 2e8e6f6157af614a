import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { rows, small, TableFolder } from './small-table.ts';

const folder = new TableFolder();
folder.writeLibsvm('small.svm.gz');

describe('asgd-train', () => {
  test('prints one row per epoch and a sentence on averaging, and no bar without a terminal', async () => {
    const { status, stdout, stderr } = await folder.run(...small);
    expect([status, stderr]).toStrictEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^small\.csv: \d+ training rows, \d+ test rows, 2 features, 2 classes$/);
    const header = lines.findIndex((line) =>
      /epoch +train loss +test error: last +average +rows\/s/.test(line),
    );
    const row = /^ +\d +\d\.\d+ +[\d.]+ % +[\d.]+ % +[\d.]+ ?[kM]?$/;
    for (const at of [1, 2, 3]) expect(lines[header + at]).toMatch(row);
    expect(lines[header + 5]).toMatch(/^Averaging the last \d+ of \d+ iterates .*\.$/);
    expect(Math.max(...lines.slice(0, header + 4).map((line) => line.length))).toBeLessThan(80);
  });

  test('writes predictions, a report, a plot and a checkpoint', async () => {
    const files = ['--predict', 'p.csv', '--json', 'r.json', '--plot', 'p.svg', '--save', 'r.ckpt'];
    const { status, stdout } = await folder.run(
      '--data',
      'small.svm.gz',
      '--test',
      'small.csv',
      '--format',
      'csv',
      ...files,
    );
    expect([status, stdout]).toStrictEqual([1, '']); // --format is for both files, and one is not CSV
    const done = await folder.run(...small, '--test', 'small.csv', ...files);
    expect(done.stdout).toContain(
      'Written: checkpoint r.ckpt, predictions p.csv, report r.json, plot p.svg.',
    );

    const [title, ...predictions] = readFileSync(folder.at('p.csv'), 'utf8').trimEnd().split('\n');
    expect(title).toBe('row,label,prediction,probability');
    const cells = predictions.map((line) => line.split(',').map(Number));
    expect(cells.map(([row]) => row)).toStrictEqual(rows.map((_, i) => i + 1));
    expect(cells.map(([, label]) => label)).toStrictEqual(rows.map((_, i) => i % 2));

    const report = folder.report('r.json');
    const history = report['history'] as { average: { error: number } }[];
    const wrong = cells.filter(([, label, prediction]) => label !== prediction).length;
    expect(wrong / 100).toBe(history.at(-1)?.average.error);
    expect(report).toMatchObject({
      settings: { epochs: 3, seed: 1, loss: 'softmax' },
      data: { training: { rows: 100 }, test: { rows: 100 } },
      model: { last: { bias: [expect.any(Number), expect.any(Number)] } },
    });
    expect(readFileSync(folder.at('p.svg'), 'utf8')).toMatch(/^<svg[^]*<\/svg>$/);
    expect(readFileSync(folder.at('r.ckpt')).subarray(0, 21).toString()).toBe('asgd-train checkpoint');
  });

  test('names classes by the text of the data, in predictions, report, checkpoint and messages', async () => {
    const names = ['sp,am', 'good "mail"'];
    const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
    const text = rows.map((row) => row.replace(/^[01]/, (label) => quoted[Number(label)] ?? ''));
    folder.write('mails.csv', text.join(''));
    for (const loss of ['log', 'softmax']) {
      const args = ['--data', 'mails.csv', '--epochs', '2', '--loss', loss];
      const results = ['--save', 'm.ckpt', '--predict', 'm.csv', '--json', 'm.json'];
      const { status, stderr } = await folder.run(...args, ...results, '--test', 'mails.csv');
      expect([status, stderr]).toStrictEqual([0, '']);
      expect(folder.report('m.json')['data']).toMatchObject({ classes: names.toSorted() });
      const lines = readFileSync(folder.at('m.csv'), 'utf8').trimEnd().split('\n').slice(1);
      expect(lines.map((line) => line.replace(/^\d+,("(?:[^"]|"")*"),.*$/, '$1'))).toStrictEqual(
        rows.map((row) => quoted[Number(row[0])]),
      );
      expect(lines.filter((line) => quoted.some((name) => line.includes(`,${name},0.`)))).toHaveLength(100);
      expect(loadCheckpoint(folder.at('m.ckpt')).shape.classes).toStrictEqual(names.toSorted());
      // The same rows with numbers for names, in the same order, give the same model.
      folder.write(
        'numbers.csv',
        rows.map((row) => row.replace(/^[01]/, (label) => `${1 - Number(label)}`)).join(''),
      );
      await folder.run(...args, '--data', 'numbers.csv', '--test', 'numbers.csv', '--json', 'n.json');
      expect(folder.report('n.json')['model']).toStrictEqual(folder.report('m.json')['model']);
    }
    const other = await folder.run('--data', 'mails.csv', '--test', 'small.csv');
    expect(other.stderr).toContain(
      'small.csv:1:1: found label 0, expected a label of the training data ("good \\"mail\\"", "sp,am")',
    );
    const squared = await folder.run('--data', 'mails.csv', '--loss', 'squared');
    expect(squared.stderr).toContain('mails.csv:1:2: found label "sp,am", expected a number: --loss squared');
    await folder.run('--data', 'mails.csv', '--epochs', '4', '--json', 'straight.json');
    await folder.run('--data', 'mails.csv', '--epochs', '2', '--save', 'half.ckpt');
    await folder.run('--resume', 'half.ckpt', '--epochs', '4', '--json', 'resumed.json');
    expect(folder.report('resumed.json')).toStrictEqual(folder.report('straight.json'));
  });

  test('makes features of categories, and names them in the report', async () => {
    // The category alone tells the classes apart.
    const kinds = ['odd one', 'even one'];
    const text = rows.map((row, i) => row.replace('\n', `,${kinds[Number(row[0])]},${i * 1000}\n`)).join('');
    folder.write('kinds.csv', `class,a,b,kind,id\n${text}`);
    folder.write('kinds.test.csv', 'class,a,b,kind,id\n0,0,0,odd one,1\n1,0,0,even one,2\n1,0,0,new one,3\n');
    const options = ['--categorical', 'kind', '--ignore', 'id,a', '--standardize'];
    const { status, stdout, stderr } = await folder.run(
      '--data',
      'kinds.csv',
      '--test',
      'kinds.test.csv',
      '--json',
      'kinds.json',
      '--predict',
      'kinds.out.csv',
      ...options,
    );
    expect([status, stderr]).toStrictEqual([0, '']);
    expect(stdout).toContain('left out 1 value in kinds.test.csv, of features that training never saw');
    const { data, featureNames, preparation } = folder.report('kinds.json') as Record<
      string,
      Record<string, unknown>
    >;
    expect(data).toMatchObject({ features: 3 });
    expect(featureNames).toStrictEqual(['b', 'kind=even one', 'kind=odd one']);
    expect(preparation).toStrictEqual({
      mean: [expect.closeTo(0.45, 7), 0, 0],
      deviation: [expect.closeTo(Math.sqrt(0.0825), 7), 1, 1],
    });
    const lines = readFileSync(folder.at('kinds.out.csv'), 'utf8').split('\n');
    expect(lines.slice(1, 3)).toStrictEqual([
      expect.stringMatching(/^1,0,0,/),
      expect.stringMatching(/^2,1,1,/),
    ]);
  });

  test('keeps the means and deviations of columns in the report and the checkpoint', async () => {
    folder.write(
      'far.csv',
      rows.map((row, i) => row.replace(/,[^,]*$/, i % 9 === 4 ? ',NA\n' : `,${500 + i}\n`)).join(''),
    );
    const args = ['--data', 'far.csv', '--test', 'far.csv', '--missing', 'mean', '--standardize'];
    const { stdout } = await folder.run(...args, '--epochs', '2', '--save', 'far.ckpt', '--json', 'far.json');
    expect(stdout).toContain('every column of numbers has mean 0 and deviation 1 in the training rows');
    const values = rows.flatMap((_, i) => (i % 9 === 4 ? [] : [500 + i]));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows.length);
    const report = folder.report('far.json');
    expect(report).toMatchObject({
      settings: { missing: 'mean', standardize: true },
      preparation: {
        mean: [expect.any(Number), expect.closeTo(mean, 9)],
        deviation: [expect.any(Number), expect.closeTo(deviation, 9)],
      },
    });
    const checkpoint = loadCheckpoint(folder.at('far.ckpt'));
    const { preparation } = checkpoint;
    expect([...(preparation?.mean ?? [])]).toStrictEqual((report['preparation'] as { mean: number[] }).mean);
    preparation?.deviation?.fill(1);
    await saveCheckpoint(folder.at('forged.ckpt'), checkpoint);
    const [forged, other, resumed] = await Promise.all([
      folder.run('--resume', 'forged.ckpt'),
      folder.run('--resume', 'far.ckpt', '--missing', 'zero'),
      folder.run('--resume', 'far.ckpt', '--epochs', '4', '--json', 'resumed.json'),
      folder.run(...args, '--epochs', '4', '--json', 'straight.json'),
    ]);
    expect(forged.stderr).toContain('forged.ckpt is not a checkpoint of a run: its means or deviations');
    expect(other.stderr).toContain('found --missing zero, but far.ckpt was begun with mean');
    expect([resumed.status, resumed.stderr]).toStrictEqual([0, '']);
    expect(folder.report('resumed.json')).toStrictEqual(folder.report('straight.json'));
  });

  test('gives the same numbers every time, and others for another seed', async () => {
    await Promise.all([folder.run(...small, '--json', 'a.json'), folder.run(...small, '--json', 'b.json')]);
    await folder.run(...small, '--json', 'c.json', '--seed', '2');
    expect(folder.report('a.json')).toStrictEqual(folder.report('b.json'));
    expect(folder.report('c.json')['model']).not.toStrictEqual(folder.report('a.json')['model']);
  });
});
