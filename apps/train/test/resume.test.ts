import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rows, small, TableFolder } from './small-table.ts';

const folder = new TableFolder();

describe('--resume', () => {
  test('refuses settings that the run was not begun with, other data and another shape', async () => {
    await folder.run(...small, '--save', 'base.ckpt');
    folder.write('other.csv', rows.toReversed().join(''));
    folder.write('wide.csv', rows.map((row) => `${row.trim()},1\n`).join(''));
    const [rate, other, wide] = await Promise.all([
      folder.run('--resume', 'base.ckpt', '--lr', '0.1'),
      folder.run('--resume', 'base.ckpt', '--data', 'other.csv'),
      folder.run('--resume', 'base.ckpt', '--data', 'wide.csv'),
    ]);
    expect([rate.status, other.status, wide.status]).toStrictEqual([1, 1, 1]);
    expect(rate.stderr).toContain('found --lr 0.1, but base.ckpt was begun with auto');
    expect(other.stderr).toContain('base.ckpt was made with other training data of the same shape');
    expect(wide.stderr).toContain(
      'base.ckpt holds a softmax model of 2 features and 2 classes (0, 1), but the data has 3 features',
    );
  });

  test('has nothing to do when all epochs are done, and continues when there are more', async () => {
    await folder.run(...small, '--save', 'three.ckpt', '--json', 'three.json');
    const idle = await folder.run('--resume', 'three.ckpt', '--json', 'again.json');
    expect(idle.status).toBe(0);
    expect(idle.stdout).toContain('all 3 epochs done; give a larger --epochs');
    expect(folder.report('again.json')).toStrictEqual(folder.report('three.json'));
    await folder.run('--resume', 'three.ckpt', '--epochs', '5', '--json', 'five.json');
    await folder.run('--data', 'small.csv', '--epochs', '5', '--json', 'straight.json');
    expect(folder.report('five.json')).toStrictEqual(folder.report('straight.json'));
  });

  test('refuses a checkpoint that is cut short', async () => {
    await folder.run(...small, '--save', 'cut.ckpt');
    writeFileSync(folder.at('cut.ckpt'), readFileSync(folder.at('cut.ckpt')).subarray(0, -1));
    const { status, stderr } = await folder.run('--resume', 'cut.ckpt');
    expect([status, stderr]).toStrictEqual([
      1,
      expect.stringMatching(/^asgd-train: cut\.ckpt is cut short: found \d+ bytes, expected \d+ bytes\n$/),
    ]);
  });
});
