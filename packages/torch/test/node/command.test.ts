import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, type TorchTensor } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'asgd-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixtures = join(import.meta.dirname, '..', 'fixtures');
const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const node = ['--no-warnings', '--conditions=@asgd/source', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, stdout, stderr };
}

/** Writes a checkpoint into the folder. */
async function write(name: string, value: unknown): Promise<string> {
  writeFileSync(join(folder, name), await saveCheckpoint(value));
  return name;
}

function tensor(...values: number[]): TorchTensor {
  return { dtype: 'float32', shape: [values.length], values: Float32Array.from(values) };
}

async function read(name: string): Promise<Record<string, TorchTensor>> {
  return loadCheckpoint<Record<string, TorchTensor>>(join(folder, name));
}

describe('inspect', () => {
  test('lists the tensors of a .pt file', async () => {
    const { status, stdout, stderr } = run('inspect', join(fixtures, 'sharing.pt'));
    expect({ status, stderr }).toStrictEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').slice(0, 4)).toStrictEqual([
      'name              dtype     shape   bytes  storage',
      'base              float32   [10]       40  0',
      'view              float32   [2, 5]     40  0',
      'middle            float32   [4]        16  0',
    ]);
    expect(stdout).toContain('pt: 9 tensors in 4 storages, 66 elements, 244 bytes');
  });

  test('lists them as JSON, with the metadata of a safetensors file', async () => {
    const { stdout } = run('inspect', join(fixtures, 'all.safetensors'), '--json');
    const { format, metadata, tensors } = JSON.parse(stdout) as Record<string, object[]>;
    expect({ format, metadata, first: tensors?.[0] }).toStrictEqual({
      format: 'safetensors',
      metadata: { note: 'one that says "so"' },
      first: { name: 'uint64', dtype: 'uint64', shape: [4], bytes: 32, storage: '0…32' },
    });
  });

  test('prints nothing that controls a terminal', async () => {
    const { stdout } = run('inspect', await write('escape.pt', { '\u001b[2J\u202e': tensor(1) }));
    expect(stdout).toContain('\\u{1b}[2J\\u{202e}');
    const { stderr } = run('convert', 'escape.pt', '-o', 'a.pt', '--key', '\u001b[2J');
    expect(stderr).toContain('\\u{1b}[2J');
  });
});

describe('convert', () => {
  test.each(['training-float32-middle.pt', 'sharing.pt', 'optimizers.pt', 'objects-protocol2.pt'])(
    '%s to safetensors and back loses nothing but cycles',
    async (name) => {
      const given = await loadCheckpoint(join(fixtures, name));
      delete given['cycle'];
      await write('given.pt', given);
      expect(run('convert', 'given.pt', '-o', 'there.safetensors')).toMatchObject({ status: 0, stderr: '' });
      expect(run('convert', 'there.safetensors', '-o', 'back.pt')).toMatchObject({ status: 0, stderr: '' });
      const sorted = (value: object): unknown[] =>
        Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
      expect(sorted(await read('back.pt'))).toStrictEqual(sorted(given));
    },
  );

  test('takes a part', async () => {
    run('convert', join(fixtures, 'wrapped.pt'), '-o', 'part.safetensors', '--key', 'ddp');
    expect(Object.keys(await read('part.safetensors'))).toContain('module.fc.weight');
    await write('nested.pt', { a: { 'b.c': { d: tensor(1) } } });
    run('convert', 'nested.pt', '-o', 'part.pt', '--key', 'a.b.c');
    expect(await read('part.pt')).toStrictEqual({ d: tensor(1) });
  });

  test('leaves an older file as it is when it fails, and no other file', async () => {
    writeFileSync(join(folder, 'old.safetensors'), 'old');
    const before = readdirSync(folder);
    await write('wide.pt', { w: { dtype: 'complex128', shape: [1], values: new Float64Array(2) } });
    expect(run('convert', 'wide.pt', '-o', 'old.safetensors')).toMatchObject({ status: 1, stdout: '' });
    expect(readFileSync(join(folder, 'old.safetensors'), 'utf8')).toBe('old');
    expect(readdirSync(folder).toSorted()).toStrictEqual([...before, 'wide.pt'].toSorted());
  });
});

describe('average', () => {
  const half = (...values: number[]): TorchTensor => ({ ...tensor(...values), dtype: 'float16' });
  const count = (n: bigint): TorchTensor => ({ dtype: 'int64', shape: [], values: BigInt64Array.of(n) });

  test('is the mean in float64, rounded once', async () => {
    await write('a.pt', { w: tensor(1, 2 ** 24), h: half(1, 2), n: count(5n), note: 'a' });
    await write('b.pt', { w: tensor(2, 1), h: half(1 + 2 ** -10, 4), n: count(6n), note: 'b' });
    await write('c.pt', { w: tensor(6, 1), h: half(1 + 2 ** -10, 0), n: count(7n), note: 'c' });
    const { status, stderr } = run('average', 'a.pt', 'b.pt', 'c.pt', '-o', 'mean.pt');
    expect({ status, stderr }).toStrictEqual({
      status: 0,
      stderr: '1 tensor of integers or flags was copied from a.pt.\n',
    });
    expect(await read('mean.pt')).toStrictEqual({
      w: tensor(3, Math.fround((2 ** 24 + 2) / 3)),
      h: half(1 + 2 ** -10, 2),
      n: count(5n),
      note: 'a',
    });
  });

  test('may be weighted, and a weight of 0 leaves a file out', async () => {
    await write('a.pt', { w: tensor(1) });
    await write('b.pt', { w: tensor(4) });
    await write('inf.pt', { w: tensor(Infinity) });
    run('average', 'a.pt', 'b.pt', 'inf.pt', '-o', 'mean.safetensors', '--weights', '2,1,0');
    expect(await read('mean.safetensors')).toStrictEqual({ w: tensor(2) });
  });

  test('of one checkpoint is itself, in every bit', async () => {
    const model = join(fixtures, 'wrapped.pt');
    run('average', model, model, model, '-o', 'same.pt', '--key', 'plain');
    const { plain } = await loadCheckpoint(model);
    expect(await read('same.pt')).toStrictEqual(plain);
  });

  test('keeps tied weights tied', async () => {
    const model = join(fixtures, 'sharing.pt');
    run('average', model, model, '-o', 'tied.pt');
    const tied = await read('tied.pt');
    expect(tied['encoder.weight']?.values.buffer).toBe(tied['decoder.weight']?.values.buffer);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a tensor in another shape',
      { w: tensor(1, 2) },
      /'w' is float32\[1\] in a\.pt, but float32\[2\] in other\.pt/,
    ],
    [
      'a tensor of another dtype',
      { w: half(1) },
      /'w' is float32\[1\] in a\.pt, but float16\[1\] in other\.pt/,
    ],
    ['a missing tensor', {}, /'w' is float32\[1\] in a\.pt, but missing in other\.pt/],
    ['an extra tensor', { w: tensor(1), v: tensor(1) }, /'v' is missing in a\.pt/],
  ])('refuses %s', async (_, other, message) => {
    await write('a.pt', { w: tensor(1) });
    await write('other.pt', other);
    const { status, stderr } = run('average', 'a.pt', 'other.pt', '-o', 'mean.pt');
    expect({ status, stderr }).toStrictEqual({ status: 1, stderr: expect.stringMatching(message) as string });
  });

  test('refuses an optimizer’s state, and tensors that are tied in only one file', async () => {
    const training = join(fixtures, 'training-float32-middle.pt');
    expect(run('average', training, training, '-o', 'mean.pt').stderr).toContain(
      "at 'optimizer', which cannot be averaged: name the part to average, such as --key model",
    );
    const w = tensor(1);
    await write('tied.pt', { a: w, b: w });
    await write('untied.pt', { a: tensor(1), b: tensor(2) });
    expect(run('average', 'tied.pt', 'untied.pt', '-o', 'mean.pt').stderr).toContain(
      'shares its values with another tensor',
    );
  });
});

describe('a mistake in the command is an error that says', () => {
  test.each<[string[], RegExp]>([
    [['look'], /no command 'look': expected inspect, convert or average/],
    [['inspect'], /Expected one file, but got 0/],
    [['inspect', 'a', 'b'], /but got 2/],
    [['inspect', 'none.pt'], /ENOENT.*none\.pt/],
    [['inspect', 'a.pt', '--values'], /Unknown option '--values'.*--help/],
    [['convert', 'a.pt'], /output file is missing: name it with -o FILE/],
    [['convert', 'a.pt', '-o', 'b.onnx'], /'b\.onnx' does not show a format/],
    [['convert', 'a.pt', '-o', 'b.pt', '--key', 'model'], /a\.pt has no key 'model': it has w/],
    [['average', '-o', 'b.pt'], /files to average are missing/],
    [['average', 'a.pt', '-o', 'b.pt', '--weights', '1,2'], /--weights is 1,2: expected 1 numbers/],
    [['average', 'a.pt', 'a.pt', '-o', 'b.pt', '--weights', '1,x'], /--weights is 1,x/],
    [['average', 'a.pt', 'a.pt', '-o', 'b.pt', '--weights=-1,1'], /numbers >= 0/],
    [['average', 'a.pt', 'a.pt', '-o', 'b.pt', '--weights', '0,0'], /not all 0/],
  ])('%j', async (args, message) => {
    await write('a.pt', { w: tensor(1) });
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^asgd-torch: /);
  });

  test('--help describes the commands', async () => {
    expect(run('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('asgd-torch inspect <file>') as string,
    });
    expect(run().stdout).toContain('asgd-torch average');
  });
});
