import { ASGDClassifier, ASGDRegressor } from '@asgd/linear';
import { type ModelPart, partOf } from '@asgd/linear/merge';
import { describe, expect, test } from 'vitest';
import { parsePipeCommand } from '../../src/partial/command-line.ts';
import { trainPart } from '../../src/partial/train-part.ts';
import { Folder } from '../folder.ts';
import { inPieces, svm } from './rows.ts';

const folder = new Folder();
const training = ['--features', '5', '--classes=-1,1', '--lr', '0.5'];

async function part(args: readonly string[], text: string, size = 65_536): Promise<ModelPart | undefined> {
  const found = await trainPart(inPieces(text, size), parsePipeCommand(['--partial', ...args]));
  // As it is printed.
  return found === undefined ? found : (JSON.parse(JSON.stringify(found)) as ModelPart);
}

/** Read by other means than the program's. */
function readSvm(text: string) {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  const rows = lines.map(([, ...pairs]) => {
    const row = [0, 0, 0, 0, 0];
    for (const pair of pairs) row[Number(pair.split(':')[0]) - 1] = Number(pair.split(':')[1]);
    return row;
  });
  const cells = rows.map((row) =>
    row.map((value, column) => ({ value, column })).filter(({ value }) => value !== 0),
  );
  const indptr = [0];
  for (const row of cells) indptr.push((indptr.at(-1) ?? 0) + row.length);
  const flat = cells.flat();
  const shape = [rows.length, 5] as const;
  const data = flat.map(({ value }) => value);
  const indices = flat.map(({ column }) => column);
  return { rows: { data, indices, indptr, shape }, labels: lines.map(([label]) => Number(label)) };
}

describe('a part', () => {
  test('is that of a model which was given the same rows', async () => {
    const text = svm(500);
    const { rows, labels } = readSvm(text);
    const model = new ASGDClassifier<number>({ lr: 0.5 });
    await model.partialFit(rows, labels, { classes: [-1, 1] });
    expect(await part(training, text)).toStrictEqual(JSON.parse(JSON.stringify(partOf(model))));
  });

  test.each([
    ['more rows than are trained on together', 5000, 65_536, []],
    ['pieces of seven bytes', 200, 7, []],
    ['steps of three rows', 5000, 1000, ['--batch', '3']],
  ])('has the bits of one partialFit: %s', async (_, count, size, more) => {
    const text = svm(count);
    const { rows, labels } = readSvm(text);
    const model = new ASGDClassifier<number>({ lr: 0.5, batchSize: more.length > 0 ? 3 : 1 });
    await model.partialFit(rows, labels, { classes: [-1, 1] });
    const found = await part([...training, ...more], text, size);
    expect(found?.steps).toBe(model.steps);
    expect(found?.model.weights).toBe(model.toJSON().weights);
    expect(found?.model.intercepts).toBe(model.toJSON().intercepts);
  });

  test('has all options that were given', async () => {
    const more = [
      '--loss',
      'hinge',
      '--lambd',
      '0.01',
      '--alpha',
      '0.6',
      '--t0',
      '10',
      '--weight-decay',
      '0.001',
    ];
    const found = await part([...training, ...more, '--intercept-step', '0.5'], svm(100));
    expect(found?.model).toMatchObject({ lr: 0.5, t0: 10, interceptStep: 0.5, features: 5 });
    expect(found?.model.options).toMatchObject({
      loss: 'hinge',
      lambd: 0.01,
      alpha: 0.6,
      weightDecay: 0.001,
    });
    expect(found?.iterates).toBe(89);
  });

  test('goes on from a part, and from a model by itself', async () => {
    const [first, second] = [svm(300), svm(300, 300)];
    const started = await part(training, first);
    folder.write('part.json', `${JSON.stringify(started)}\n`);
    folder.write('model.json', JSON.stringify(started?.model));
    const whole = await part(training, first + second);
    for (const file of ['part.json', 'model.json']) {
      const found = await part(['--model', folder.at(file)], second);
      expect(found).toMatchObject({ start: 300, steps: 300, parts: 1 });
      expect(found?.model).toStrictEqual(whole?.model);
    }
  });

  test('takes options that the model to start from has too', async () => {
    folder.write('agrees.json', JSON.stringify(await part(training, svm(50))));
    const found = await part([...training, '--model', folder.at('agrees.json')], svm(50));
    expect(found?.start).toBe(50);
  });

  test.each([
    [['--lr', '0.25'], /found lr 0.25 in the options and 0.5 in the model/],
    [['--loss', 'hinge'], /found loss hinge in the options and log in the model/],
    [['--features', '6'], /found features 6 in the options and 5 in the model/],
    [['--classes', '0,1'], /found classes 0,1 in the options and -1,1 in the model/],
    [['--batch', '2'], /found batchSize 2 in the options and 1 in the model/],
  ])('is refused where %j is not what the model has', async (args, message) => {
    folder.write('disagrees.json', JSON.stringify(await part(training, svm(50))));
    await expect(part([...args, '--model', folder.at('disagrees.json')], svm(50))).rejects.toThrow(message);
  });

  test('of CSV takes columns by name, classes as text, and values as they are in float64', async () => {
    const line = (_: unknown, i: number): string =>
      `${['oak', 'ash'][i % 2]},${i},${(i % 7) / 7},${i % 3 === 0 ? 'NA' : i % 5}`;
    const lines = ['kind,id,width,height', ...Array.from({ length: 50 }, line)];
    const args = [
      '--format',
      'csv',
      '--label',
      'kind',
      '--ignore',
      'id',
      '--missing',
      'zero',
      '--classes',
      'oak,ash',
    ];
    const found = await part([...args, '--lr', '0.1'], lines.join('\n'));
    const model = new ASGDClassifier<string>({ lr: 0.1 });
    const numbers = Array.from({ length: 50 }, (_, i) => [(i % 7) / 7, i % 3 === 0 ? 0 : i % 5]);
    const names = numbers.map((_, i) => (i % 2 === 0 ? 'oak' : 'ash'));
    await model.partialFit(numbers, names, { classes: ['ash', 'oak'] });
    expect(found?.model).toStrictEqual(JSON.parse(JSON.stringify(model)));
  });

  test('of a regression has numbers for labels', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i % 2, (i % 5) / 5]);
    const targets = rows.map(([a = 0, b = 0]) => 2 * a - b + 1);
    const text = rows.map((row, i) => [targets[i], ...row].join(',')).join('\n');
    const found = await part(['--format', 'csv', '--loss', 'huber', '--lr', '0.1'], text);
    const model = await new ASGDRegressor({ loss: 'huber', lr: 0.1 }).partialFit(rows, targets);
    expect(found?.model).toStrictEqual(JSON.parse(JSON.stringify(model)));
  });

  test('of no rows is none', async () => {
    expect(await part(training, '')).toBeUndefined();
    expect(await part(training, '\n  \n# a comment\n')).toBeUndefined();
  });

  test('shows what --lr auto came to, which is found in a sample', async () => {
    const found = await part(['--features', '5', '--classes=-1,1', '--lr', 'auto'], svm(100));
    expect(found?.model.lr).toBeGreaterThan(0);
    expect(found?.model.options).toMatchObject({ lr: 'auto' });
  });
});
