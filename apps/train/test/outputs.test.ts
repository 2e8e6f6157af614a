import { linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Outputs } from '../src/options.ts';
import { requireOutputs } from '../src/outputs.ts';
import { Folder } from './folder.ts';

const folder = new Folder();
const data = folder.write('data.csv', '');
const target = folder.write('test.csv', '');
const resume = folder.write('run.ckpt', '');
mkdirSync(folder.at('real'));
symlinkSync('real', folder.at('folder'));
symlinkSync('data.csv', folder.at('link.csv'));
symlinkSync(folder.at('link.csv'), folder.at('link-to-link.csv'));
symlinkSync('run.ckpt', folder.at('link.ckpt'));
symlinkSync('real/new', folder.at('to-new'));
linkSync(data, folder.at('hard.csv'));
const inFolder = folder.write('real/inside.csv', '');

function require_(outputs: Outputs, inputs: { data?: string; test?: string; resume?: string } = {}): void {
  requireOutputs({ outputs, resume: inputs.resume }, inputs);
}

describe('a path is refused', () => {
  test.each<
    [why: string, outputs: Outputs, inputs: { data?: string; test?: string; resume?: string }, use: string]
  >([
    ['of the data', { save: data }, { data }, 'the data is read from'],
    ['of the test data', { plot: target }, { data, test: target }, 'the data is read from'],
    [
      'that a link leads to',
      { save: data },
      { data: folder.at('link-to-link.csv') },
      'the data is read from',
    ],
    ['that is a link', { predict: folder.at('link.csv') }, { data }, 'the data is read from'],
    [
      'in a linked folder',
      { json: folder.at('folder/inside.csv') },
      { data: inFolder },
      'the data is read from',
    ],
    ['with a second name', { json: folder.at('hard.csv') }, { data }, 'the data is read from'],
    ['of the checkpoint, for predictions', { predict: resume }, { resume }, 'the checkpoint is read from'],
    [
      'of the checkpoint, for a report',
      { json: folder.at('link.ckpt') },
      { resume },
      'the checkpoint is read from',
    ],
    [
      'of the checkpoint, saved too',
      { save: resume, plot: resume },
      { resume },
      'the checkpoint is read from',
    ],
    ['of another result', { save: folder.at('a'), json: folder.at('real/../a') }, {}, '--save writes to'],
    [
      'of a new result in a linked folder',
      { predict: folder.at('folder/new'), plot: folder.at('to-new') },
      {},
      '--predict writes to',
    ],
  ])('%s', (_, outputs, inputs, use) => {
    const names = readdirSync(folder.path);
    expect(() => require_(outputs, inputs)).toThrow(/^found --(save|predict|json|plot) .*, which /);
    expect(() => require_(outputs, inputs)).toThrow(`which ${use}: expected another file`);
    expect(readdirSync(folder.path)).toStrictEqual(names);
  });
});

test('a run may save to the checkpoint that it resumes, by any name, and all results to one device', () => {
  expect(() => require_({ save: resume }, { data, resume })).not.toThrow();
  expect(() => require_({ save: folder.at('link.ckpt') }, { data, resume })).not.toThrow();
  const device = '/dev/null';
  expect(() => require_({ save: device, json: device }, { data: device })).not.toThrow();
  expect(() => require_({ save: folder.at('a'), json: folder.at('b') }, { data, test: data })).not.toThrow();
});

test('inputs that lead nowhere are refused with a message', () => {
  symlinkSync('loop', folder.at('loop'));
  expect(() => require_({}, { data: folder.at('loop') })).toThrow(
    `cannot read ${folder.at('loop')}: its symbolic links form a circle`,
  );
});
