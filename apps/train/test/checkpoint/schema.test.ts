import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/checkpoint/container.ts';
import { parseCheckpoint } from '../../src/checkpoint/schema.ts';
import { Folder } from '../folder.ts';
import { asgdTrain } from '../program.ts';

const folder = new Folder();
folder.write('rows.csv', Array.from({ length: 60 }, (_, i) => `${i % 2},${i / 60}\n`).join(''));

/** What a run saved, as plain data to tamper with. */
function saved(): Record<string, unknown> {
  return decode(folder.at('run.ckpt')) as Record<string, unknown>;
}

beforeAll(async () => {
  await asgdTrain(['--data', 'rows.csv', '--epochs', '2', '--save', 'run.ckpt'], folder.path);
});

/** Sets the value at a path. */
function put(content: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path.split('.');
  content[key] =
    rest.length === 0 ? value : put(content[key] as Record<string, unknown>, rest.join('.'), value);
  return content;
}

test('what a run saved is accepted unchanged', () => {
  expect(parseCheckpoint('f', saved())).toStrictEqual(saved());
  const noNumbers = put(saved(), 'history.0.last.loss', null);
  expect(parseCheckpoint('f', noNumbers).history[0]?.last.loss).toBeNaN();
});

describe('a checkpoint', () => {
  test.each<[path: string, value: unknown]>([
    ['history', null],
    ['history.0', null],
    ['history.0.last', undefined],
    ['settings', null],
    ['settings.batch', 0],
    ['settings.batch', Infinity],
    ['settings.loss', 'constructor'],
    ['settings.kernels', '__proto__'],
    ['settings.lr', 'fast'],
    ['settings.epsilon', 0],
    ['settings.memory', 0],
    ['settings.seed', -1],
    ['settings.t0', 'soon'],
    ['settings.data', 7],
    ['settings.ignore', 'a,"b'],
    ['position', []],
    ['position.rows', -1],
    ['position.steps', 0.5],
    ['shape.classes', 'all'],
    ['data.training', null],
    ['heldOutLosses', {}],
    ['model', 7],
    ['model.step', -1],
    ['model.t0', 'soon'],
  ])('with %s %j is refused by the name of that', (path, value) => {
    expect(() => parseCheckpoint('f', put(saved(), path, value))).toThrow(
      /^f is not a checkpoint of a run: --save does not write what it has in /,
    );
    expect(() => parseCheckpoint('f', put(saved(), path, value))).toThrow(path.split('.')[0]);
  });

  test.each([null, 3, 'text', []])('that is %j is refused', (content) => {
    expect(() => parseCheckpoint('f', content)).toThrow(/^f is not a checkpoint of a run: /);
  });

  // Forged with the same types and a valid checksum: the program itself must notice it.
  test.each<[path: string, value: unknown]>([
    ['history', []],
    ['position.rows', 7],
    ['position.rows', 1e9],
    ['position.epoch', 1],
    ['position.steps', 1],
    ['settings.batch', 7],
    ['model', null],
    ['model.step', 7],
    ['model.features', 2],
    ['model.weights', new Float64Array(3)],
    ['model.weights', null],
    ['model.options', null],
    ['model.options.lambd', 'much'],
    ['model.model', 'ASGDRegressor'],
    ['model.classes', [0, 1, 2]],
    ['model.factors', [1, 1]],
  ])('with %s %j ends the program with a message', async (path, value) => {
    const file = `${path}.${JSON.stringify(value)?.length}.ckpt`;
    writeFileSync(folder.at(file), Buffer.concat(encode(put(saved(), path, value))));
    const { status, stderr } = await asgdTrain(['--resume', file, '--epochs', '3'], folder.path);
    expect(stderr).toMatch(/^asgd-train: .*\.ckpt is not a checkpoint of a run: .*\n$/);
    expect(status).toBe(1);
  });
});
