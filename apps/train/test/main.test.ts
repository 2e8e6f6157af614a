import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { Folder } from './folder.ts';
import { asgdTrain, start, written } from './program.ts';

const folder = new Folder();
const rows = Array.from(
  { length: 100 },
  (_, i) => `${i % 2},${((i * 37) % 100) / 100 + (i % 2)},${(i % 10) / 10}\n`,
);
folder.write('small.csv', rows.join(''));
folder.write(
  'small.svm.gz',
  gzipSync(rows.map((row) => row.replace(/(.*),(.*),(.*)/, '$1 1:$2 2:$3')).join('')),
);
folder.write('three.svm', '1 1:1\n2 1:2\n3 1:3\n2 1:2\n');
// With a score for each of 1000 classes, more than any machine has memory for.
folder.write('far.svm', Array.from({ length: 1000 }, (_, i) => `${i} 2147483647:1\n`).join(''));
// Long enough that no machine is through with an epoch before it is interrupted.
folder.write('long.csv', Array.from({ length: 600 }, () => rows.join('')).join(''));

symlinkSync('loop', folder.at('loop'));
symlinkSync('small.csv', folder.at('link.csv'));

const small = ['--data', 'small.csv', '--epochs', '3'];

function run(...args: readonly string[]): ReturnType<typeof asgdTrain> {
  return asgdTrain(args, folder.path);
}

function json(name: string): Record<string, unknown> {
  const withoutTimes = (key: string, value: unknown): unknown =>
    key.endsWith('Microseconds') ? null : value;
  return JSON.parse(readFileSync(folder.at(name), 'utf8'), withoutTimes) as Record<string, unknown>;
}

describe('asgd-train', () => {
  test('prints a row an epoch and a sentence on averaging, and no bar where nobody looks', async () => {
    const { status, stdout, stderr } = await run(...small);
    expect([status, stderr]).toStrictEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^small\.csv: \d+ training rows, \d+ test rows, 2 features, 2 classes$/);
    const header = lines.findIndex((line) =>
      /epoch +train loss +test error: last +average +step time +update/.test(line),
    );
    const row = /^ +\d +\d\.\d+ +[\d.]+ % +[\d.]+ % +[\d.]+ [µm]s +[\d.]+ [µm]s$/;
    for (const at of [1, 2, 3]) expect(lines[header + at]).toMatch(row);
    expect(lines[header + 5]).toMatch(/^Averaging the last \d+ of \d+ iterates .*\.$/);
    expect(Math.max(...lines.slice(0, header + 4).map((line) => line.length))).toBeLessThan(80);
  });

  test('writes predictions, a report, a plot and a checkpoint', async () => {
    const files = ['--predict', 'p.csv', '--json', 'r.json', '--plot', 'p.svg', '--save', 'r.ckpt'];
    const { status, stdout } = await run(
      '--data',
      'small.svm.gz',
      '--test',
      'small.csv',
      '--format',
      'csv',
      ...files,
    );
    expect([status, stdout]).toStrictEqual([1, '']); // --format is for both files, and one is no CSV
    const done = await run(...small, '--test', 'small.csv', ...files);
    expect(done.stdout).toContain(
      'Written: checkpoint r.ckpt, predictions p.csv, report r.json, plot p.svg.',
    );

    const [title, ...predictions] = readFileSync(folder.at('p.csv'), 'utf8').trimEnd().split('\n');
    expect(title).toBe('row,label,prediction,probability');
    const cells = predictions.map((line) => line.split(',').map(Number));
    expect(cells.map(([row]) => row)).toStrictEqual(rows.map((_, i) => i + 1));
    expect(cells.map(([, label]) => label)).toStrictEqual(rows.map((_, i) => i % 2));

    const report = json('r.json');
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

  test('gives the same numbers every time, and others for another seed', async () => {
    await Promise.all([run(...small, '--json', 'a.json'), run(...small, '--json', 'b.json')]);
    await run(...small, '--json', 'c.json', '--seed', '2');
    expect(json('a.json')).toStrictEqual(json('b.json'));
    expect(json('c.json')['model']).not.toStrictEqual(json('a.json')['model']);
  });

  test.each<[why: string, args: string[], message: string]>([
    [
      'an unknown loss',
      ['--loss', 'huber'],
      "'huber' is invalid. Allowed choices are log, hinge, squared, softmax.",
    ],
    ['an unknown backend', ['--backend', 'gpu'], "'gpu' is invalid. Allowed choices are cpu"],
    ['an unknown option', ['--momentum', '1'], "unknown option '--momentum'"],
    ['a stray argument', ['small.csv'], 'too many arguments'],
    ['a negative rate', ['--lr', '-1'], "'-1' is invalid. Expected a number, 0 or more."],
    ['a bad batch', ['--batch', '2.5'], "'2.5' is invalid. Expected a whole number from 1"],
    ['a seed that rounds to 0', ['--seed', '1e-400'], 'Expected a whole number from 0 to 4294967295.'],
    ['a seed that rounds', ['--seed', '1.00000000000000000001'], 'Expected a whole number from 0 to'],
    ['a rate that rounds to 0', ['--lr', '1e-400'], "'1e-400' is invalid. Expected 0, or at least 5e-324."],
    ['a rate that is too large', ['--lr', '1e400'], "'1e400' is invalid. Expected at most 1.797"],
    ['too little memory', ['--memory', '100'], "'100' is invalid. Expected a whole number from 176"],
    ['a number of 100 000 digits', ['--lr', `${'1'.repeat(100_000)}x`], 'Expected a number, 0 or more.'],
    ['--label for LIBSVM', ['--data', 'three.svm', '--label', '2'], 'asgd-train: three.svm is LIBSVM, where'],
    ['a bad t0', ['--t0', 'soon'], "'soon' is invalid. Expected a number (of steps) or auto."],
    ['a missing file', ['--data', 'no.csv'], 'asgd-train: cannot read no.csv: no such file or folder'],
    [
      'a missing test file',
      [...small, '--test', 'no.csv'],
      'asgd-train: cannot read no.csv: no such file or folder',
    ],
    ['a test file alone', ['--test', 'small.csv'], 'asgd-train: found --test without --data, expected both'],
    ['an empty file', ['--data', '/dev/null'], 'asgd-train: /dev/null is empty: found no rows'],
    [
      'a third class',
      ['--data', 'three.svm', '--loss', 'log'],
      'asgd-train: three.svm:3:1: found label 3, expected 1 or 2:',
    ],
    [
      'a test label never seen',
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
      'asgd-train: cannot write loop: its symbolic links lead',
    ],
    ['an endless name', [...small, '--json', 'x'.repeat(300)], `${'x'.repeat(300)}: the name is too long`],
    [
      'a linked data file',
      ['--data', 'link.csv', '--save', 'small.csv'],
      'asgd-train: found --save small.csv, which the data are read from: expected another file',
    ],
    [
      'a missing checkpoint',
      ['--resume', 'no.ckpt'],
      'asgd-train: cannot read checkpoint no.ckpt: no such file or folder',
    ],
    [
      'a foreign checkpoint',
      ['--resume', 'small.csv'],
      'asgd-train: small.csv is no checkpoint: found "0,0,0',
    ],
    [
      'divergence',
      [...small, '--loss', 'squared', '--lr', '1e30'],
      'asgd-train: the loss is no finite number any more at step',
    ],
  ])('exits 1 with a message, and no stack trace, for %s', async (_, args, message) => {
    const { status, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^asgd-train: /);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
  });

  test('explains itself, with examples', async () => {
    const { status, stdout } = await run('--help');
    expect(status).toBe(0);
    const options = [
      'data',
      'test',
      'format',
      'loss',
      'lr',
      'lambd',
      'alpha',
      't0',
      'weight-decay',
      'epochs',
      'batch',
      'seed',
      'backend',
      'save',
      'resume',
      'predict',
      'json',
      'plot',
    ];
    for (const option of options) expect(stdout).toMatch(new RegExp(`^ +--${option} <`, 'm'));
    expect(stdout).toContain('Examples:');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('--resume', () => {
  test('refuses settings that the run was not begun with, other data and another shape', async () => {
    await run(...small, '--save', 'base.ckpt');
    folder.write('other.csv', rows.toReversed().join(''));
    folder.write('wide.csv', rows.map((row) => `${row.trim()},1\n`).join(''));
    const [rate, other, wide] = await Promise.all([
      run('--resume', 'base.ckpt', '--lr', '0.1'),
      run('--resume', 'base.ckpt', '--data', 'other.csv'),
      run('--resume', 'base.ckpt', '--data', 'wide.csv'),
    ]);
    expect([rate.status, other.status, wide.status]).toStrictEqual([1, 1, 1]);
    expect(rate.stderr).toContain('found --lr 0.1, but base.ckpt was begun with 0.5');
    expect(other.stderr).toContain('base.ckpt was made with other training data of the same shape');
    expect(wide.stderr).toContain(
      'base.ckpt holds a softmax model of 2 features and 2 classes (0, 1), but the data have 3 features',
    );
  });

  test('has nothing to do when all epochs are done, and trains on when more are asked for', async () => {
    await run(...small, '--save', 'three.ckpt', '--json', 'three.json');
    const idle = await run('--resume', 'three.ckpt', '--json', 'again.json');
    expect(idle.status).toBe(0);
    expect(idle.stdout).toContain('all 3 epochs done; give a larger --epochs');
    expect(json('again.json')).toStrictEqual(json('three.json'));
    await run('--resume', 'three.ckpt', '--epochs', '5', '--json', 'five.json');
    await run('--data', 'small.csv', '--epochs', '5', '--json', 'straight.json');
    expect(json('five.json')).toStrictEqual(json('straight.json'));
  });

  test('refuses a checkpoint that is cut short', async () => {
    await run(...small, '--save', 'cut.ckpt');
    writeFileSync(folder.at('cut.ckpt'), readFileSync(folder.at('cut.ckpt')).subarray(0, -1));
    const { status, stderr } = await run('--resume', 'cut.ckpt');
    expect([status, stderr]).toStrictEqual([
      1,
      expect.stringMatching(/^asgd-train: cut\.ckpt is cut short: found \d+ bytes, expected \d+ bytes\n$/),
    ]);
  });
});

describe('Ctrl-C', () => {
  const long = ['--data', 'long.csv', '--batch', '2', '--epochs', '2', '--t0', '100'];

  test('finishes the step, saves, says where it stopped, and the run goes on bit for bit', async () => {
    const whole = run(...long, '--json', 'whole.json');
    const { process: child, outcome } = start([...long, '--save', 'stopped.ckpt'], folder.path);
    await written(child, /train loss/);
    child.kill('SIGINT');
    const { status, stdout, stderr } = await outcome;
    expect(stdout).toMatch(
      /Stopped after step \d+, \d+ % into epoch 1 of 2\.\nSaved to stopped\.ckpt; go on with --resume stopped\.ckpt\.\n$/,
    );
    expect([status, stderr]).toStrictEqual([130, '']);
    expect((await run('--resume', 'stopped.ckpt', '--json', 'resumed.json')).status).toBe(0);
    await whole;
    expect(json('resumed.json')).toStrictEqual(json('whole.json'));
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('and %s alike save the steps that were made', async (name, expected) => {
    const save = `${name}.ckpt`;
    const { process: child, outcome } = start([...long, '--epochs', '1000', '--save', save], folder.path);
    await written(child, /train loss/);
    child.kill(name);
    const { status, stdout, stderr } = await outcome;
    expect(stdout).toMatch(/Stopped after step \d+, \d+ % into epoch \d+ of 1000\.\nSaved to /);
    expect([status, stderr]).toStrictEqual([expected, '']);
    expect(
      readdirSync(folder.path).filter((file) => file.includes(name) || file.endsWith('.tmp')),
    ).toStrictEqual([save]);
  });

  test.runIf(process.platform === 'linux')('once is enough where nobody writes to a pipe', async () => {
    mkdirSync(folder.at('lonely'));
    execFileSync('mkfifo', [folder.at('lonely/pipe')]);
    const { process: child, outcome } = start(['--data', 'pipe'], folder.at('lonely'));
    // Until the program listens to signals.
    await vi.waitUntil(
      () => /^SigCgt:.*[13579bdf]$/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8')),
      { timeout: 120_000, interval: 20 },
    );
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    expect(stdout).toBe('Stopped before the first step: nothing was trained, nothing was written.\n');
    expect(status).toBe(130);
  });

  test('without --save says that nothing was saved', async () => {
    const { process: child, outcome } = start([...long, '--epochs', '1000'], folder.path);
    await written(child, /train loss/);
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Stopped after step \d+, .*\.\nNothing was saved: give --save FILE/);
  });

  test('before the first step stops the reading', async () => {
    mkdirSync(folder.at('early'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', folder.at('early/pipe')]);
    const { process: child, outcome } = start(['--data', 'pipe', '--save', 'x.ckpt'], folder.at('early'));
    const pipe = await open(folder.at('early/pipe'), 'w'); // waits for the program to begin to read
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    await pipe.close();
    expect(stdout).toBe('Stopped before the first step: nothing was trained, nothing was written.\n');
    expect(status).toBe(130);
    expect(readdirSync(folder.at('early'))).toStrictEqual(['pipe']);
  });

  test('and a reader that has gone stop the run alike', async () => {
    const { process: child, outcome } = start(
      [...long, '--epochs', '1000', '--save', 'piped.ckpt'],
      folder.path,
    );
    await written(child, /^ +1 .*%/m);
    child.stdout?.destroy();
    const { status, stderr } = await outcome;
    expect([status, stderr]).toStrictEqual([130, '']);
    expect(readdirSync(folder.path)).toContain('piped.ckpt');
  });
});

describe('what cannot be written', () => {
  test.runIf(existsSync('/dev/full'))(
    'the output, on a full disk: saves, and exits 1 with a message',
    async () => {
      const full = openSync('/dev/full', 'w');
      const { outcome } = start([...small, '--epochs', '100000', '--save', 'full.ckpt'], folder.path, {
        stdio: ['ignore', full, 'pipe'],
      });
      const { status, stderr } = await outcome;
      closeSync(full);
      expect([status, stderr]).toStrictEqual([
        1,
        'asgd-train: cannot write the standard output: no space left on the disk\n',
      ]);
      expect(readdirSync(folder.path)).toContain('full.ckpt');
    },
  );

  // Only root can become somebody else, and only somebody else than root is refused.
  test.runIf(process.getuid?.() === 0)(
    'a folder that may not be entered is said before training',
    async () => {
      const { mode } = statSync(folder.path);
      mkdirSync(folder.at('closed'));
      chmodSync(folder.path, 0o755);
      chmodSync(folder.at('closed'), 0o666);
      const { outcome } = start(['--data', 'long.csv', '--save', 'closed/x.ckpt'], folder.path, {
        uid: 65534,
      });
      const { status, stdout, stderr } = await outcome;
      chmodSync(folder.path, mode);
      expect([status, stdout, stderr]).toStrictEqual([
        1,
        '',
        'asgd-train: cannot write closed/x.ckpt: folder closed: permission denied\n',
      ]);
    },
  );
});

describe('escape sequences', () => {
  const red = '\u001b[31m\u009b2J\u202e';
  const shown = String.raw`\x1b[31m\x9b2J\u202e`;

  test('in the name of a file reach neither the terminal nor the plot', async () => {
    const name = `${red}.csv`;
    folder.write(name, rows.join(''));
    const { status, stdout } = await run(
      '--data',
      name,
      '--epochs',
      '1',
      '--plot',
      'red.svg',
      '--json',
      'red.json',
    );
    expect(status).toBe(0);
    expect(stdout).toContain(`${shown}.csv: `);
    // eslint-disable-next-line no-control-regex -- it is what this is about
    const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    expect(stdout).not.toMatch(raw);
    const svg = readFileSync(folder.at('red.svg'), 'utf8');
    expect(svg).toContain(shown);
    expect(svg).not.toMatch(raw);
    expect(readFileSync(folder.at('red.json'), 'utf8')).not.toMatch(raw);
    expect(json('red.json')).toMatchObject({ settings: { data: name } });
  });

  test('in a header or on the command line do not reach the terminal', async () => {
    folder.write('red-header.csv', `y,${red}\n1,x\n`);
    const header = await run('--data', 'red-header.csv');
    expect(header.stderr).toBe(
      `asgd-train: red-header.csv:2:3: cell 2 (${shown}): found "x", expected a finite number\n`,
    );
    for (const args of [['--data', red], [`--${red}`], ['--lr', red], ['--loss', red]]) {
      const { status, stderr } = await run(...args);
      expect([status, stderr]).toStrictEqual([1, expect.stringContaining(shown)]);
      expect(stderr).not.toContain('\u001b');
    }
  });
});
