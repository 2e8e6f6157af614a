import { symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { small, TableFolder } from './small-table.ts';

const folder = new TableFolder();
folder.write('three.svm', '1 1:1\n2 1:2\n3 1:3\n2 1:2\n');
// With a score for each of 1000 classes, this needs more memory than any machine has.
folder.write('far.svm', Array.from({ length: 5000 }, (_, i) => `${i % 1000} 2147483647:1\n`).join(''));
folder.write('prices.csv', Array.from({ length: 100 }, (_, i) => `${i % 25},${i}\n`).join(''));
folder.write('classes.csv', Array.from({ length: 125 }, (_, i) => `${i % 25},${i % 25}\n`).join(''));
symlinkSync('loop', folder.at('loop'));
symlinkSync('small.csv', folder.at('link.csv'));

describe('asgd-train', () => {
  test.each<[why: string, args: string[], message: string]>([
    [
      'an unknown loss',
      ['--loss', 'cubed'],
      "'cubed' is invalid. Allowed choices are softmax, log, hinge, squared-hinge, modified-huber, squared, huber.",
    ],
    [
      'unknown kernels',
      ['--kernels', 'gpu'],
      "'gpu' is invalid. Allowed choices are auto, wasm, typescript.",
    ],
    ['an unknown option', ['--momentum', '1'], "unknown option '--momentum'"],
    ['a stray argument', ['small.csv'], 'too many arguments'],
    ['a negative rate', ['--lr', '-1'], "'-1' is invalid. Expected a number, 0 or more, or auto."],
    ['a bad batch', ['--batch', '2.5'], "'2.5' is invalid. Expected a whole number from 1"],
    ['a seed that rounds to 0', ['--seed', '1e-400'], 'Expected a whole number from 0 to 4294967295.'],
    ['a seed that rounds', ['--seed', '1.00000000000000000001'], 'Expected a whole number from 0 to'],
    ['a rate that rounds to 0', ['--lr', '1e-400'], "'1e-400' is invalid. Expected 0, or at least 5e-324."],
    ['a rate that is too large', ['--lr', '1e400'], "'1e400' is invalid. Expected at most 1.797"],
    ['too little memory', ['--memory', '100'], "'100' is invalid. Expected a whole number from 176"],
    [
      'a number of 100 000 digits',
      ['--lr', `${'1'.repeat(100_000)}x`],
      'Expected a number, 0 or more, or auto.',
    ],
    ['--label for LIBSVM', ['--data', 'three.svm', '--label', '2'], 'asgd-train: three.svm is LIBSVM, where'],
    [
      '--ignore for LIBSVM',
      ['--data', 'three.svm', '--ignore', '2'],
      'asgd-train: three.svm is LIBSVM, where the label comes first and columns have no names: leave out ' +
        '--ignore, or give --format csv',
    ],
    [
      '--missing for LIBSVM',
      ['--data', 'three.svm', '--missing', 'zero'],
      'asgd-train: three.svm is LIBSVM, where the label comes first and columns have no names: leave out --missing',
    ],
    [
      '--standardize for LIBSVM',
      ['--data', 'three.svm', '--standardize'],
      'asgd-train: three.svm is LIBSVM, most of whose values are 0 and would not stay 0: leave out --standardize',
    ],
    ['--standardize for digits', ['--standardize'], 'asgd-train: found --standardize without --data'],
    ['an unknown policy', [...small, '--missing', 'drop'], 'Allowed choices are error, mean, zero.'],
    [
      '--categorical for LIBSVM',
      ['--data', 'three.svm', '--categorical', '2'],
      'asgd-train: three.svm is LIBSVM, where the label comes first and columns have no names: leave out --categorical',
    ],
    [
      '--text for LIBSVM',
      ['--data', 'three.svm', '--text', '2'],
      'asgd-train: three.svm is LIBSVM, where the label comes first and columns have no names: leave out --text',
    ],
    ['--text for digits', ['--text', '2'], 'asgd-train: found --text without --data'],
    ['--categorical for digits', ['--categorical', '2'], 'asgd-train: found --categorical without --data'],
    ['--ignore for digits', ['--ignore', '2'], 'asgd-train: found --ignore without --data, expected both'],
    ['an empty name in a list', [...small, '--ignore', 'a,,b'], 'Expected names or positions of columns'],
    [
      'a list of columns without its quote',
      [...small, '--ignore', '"a,b'],
      'Expected names or positions of columns',
    ],
    ['a bad t0', ['--t0', 'soon'], "'soon' is invalid. Expected a whole number of steps from -1, or auto."],
    ['a t0 between two steps', ['--t0', '2.5'], "'2.5' is invalid. Expected a whole number of steps from -1"],
    ['a t0 before all steps', ['--t0', '-2'], "'-2' is invalid. Expected a whole number of steps from -1"],
    ['an L1 penalty', ['--l1', '0.1'], 'There is no L1 penalty here: '],
    ['an L1 penalty without a number', ['--l1'], 'Use --weight-decay, an L2 penalty.'],
    [
      'numbers to predict in place of classes',
      ['--data', 'prices.csv'],
      'asgd-train: prices.csv: found 25 different labels in 100 rows, which look like numbers to predict, not like ' +
        'classes: predict them with --loss squared, or give --loss softmax at least 5 rows for each class',
    ],
    ['a missing file', ['--data', 'no.csv'], 'asgd-train: cannot read no.csv: no such file or folder'],
    [
      'a missing test file',
      [...small, '--test', 'no.csv'],
      'asgd-train: cannot read no.csv: no such file or folder',
    ],
    ['a test file alone', ['--test', 'small.csv'], 'asgd-train: found --test without --data, expected both'],
    ['an empty file', ['--data', '/dev/null'], 'asgd-train: /dev/null is empty: found no rows'],
    [
      'an unknown test label',
      [...small, '--test', 'three.svm'],
      'three.svm:2:1: found label 2, expected a label of the training data (0, 1)',
    ],
    [
      'an unwritable path',
      [...small, '--plot', 'no/p.svg'],
      'asgd-train: cannot write no/p.svg: folder no: no such file or folder',
    ],
    [
      'a link to itself',
      [...small, '--save', 'loop'],
      'asgd-train: cannot write loop: its symbolic links form',
    ],
    ['an endless name', [...small, '--json', 'x'.repeat(300)], `${'x'.repeat(300)}: the name is too long`],
    [
      'a linked data file',
      ['--data', 'link.csv', '--save', 'small.csv'],
      'asgd-train: found --save small.csv, which the data is read from: expected another file',
    ],
    [
      'a missing checkpoint',
      ['--resume', 'no.ckpt'],
      'asgd-train: cannot read checkpoint no.ckpt: no such file or folder',
    ],
    [
      'a foreign checkpoint',
      ['--resume', 'small.csv'],
      'asgd-train: small.csv is not a checkpoint: found "0,0,0',
    ],
    [
      'a model that is too large',
      ['--data', 'far.svm', '--t0', '5'],
      'asgd-train: a model of 2147483647 features with 1000 scores per row needs --memory ',
    ],
    [
      'divergence',
      [...small, '--loss', 'squared', '--lr', '1e30'],
      'asgd-train: the loss is no longer finite at step',
    ],
  ])('exits 1 with a message, and no stack trace, for %s', async (_, args, message) => {
    const { status, stderr } = await folder.run(...args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^asgd-train: /);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
  });

  test('takes many classes for classes if there are enough rows of them', async () => {
    const { status, stdout } = await folder.run('--data', 'classes.csv', '--epochs', '1');
    expect([status, stdout]).toStrictEqual([0, expect.stringContaining('25 classes')]);
  });

  test('explains itself, with examples', async () => {
    const { status, stdout } = await folder.run('--help');
    expect(status).toBe(0);
    const options = [
      'data',
      'test',
      'format',
      'label',
      'ignore',
      'categorical',
      'hashed',
      'text',
      'hash-columns',
      'missing',
      'loss',
      'lr',
      'lambd',
      'alpha',
      't0',
      'weight-decay',
      'epochs',
      'batch',
      'seed',
      'kernels',
      'epsilon',
      'save',
      'resume',
      'predict',
      'json',
      'plot',
    ];
    for (const option of options) expect(stdout).toMatch(new RegExp(`^ +--${option} <`, 'm'));
    expect(stdout).toMatch(/^ +--standardize +CSV/m);
    expect(stdout).toContain('Examples:');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
