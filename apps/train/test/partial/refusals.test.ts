import { expect, test, vi } from 'vitest';
import { statusOf } from '../../src/partial/failure.ts';
import { parsePipeCommand } from '../../src/partial/command-line.ts';
import { evaluateRows } from '../../src/partial/evaluate-rows.ts';
import { trainPart } from '../../src/partial/train-part.ts';
import { Folder } from '../folder.ts';
import { inPieces, svm } from './rows.ts';

const folder = new Folder();
const training = ['--partial', '--features', '5', '--classes=-1,1', '--lr', '0.5'];

/** What is printed, and the exit status. */
async function refusal(
  args: readonly string[],
  input: string,
): Promise<[status: number | undefined, message: string]> {
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const command = parsePipeCommand(args);
    const run = command.mode === 'partial' ? trainPart : evaluateRows;
    await run(inPieces(input, 4096), command);
    throw new Error('it was not refused');
  } catch (error) {
    return [statusOf(error), printed.mock.calls.join('') + (error as Error).message];
  } finally {
    printed.mockRestore();
  }
}

test.each([
  [['--partial', '--classes=-1,1', '--lr', '1'], 'expected --features'],
  [['--partial', '--features', '5', '--lr', '1'], 'expected --classes'],
  [['--partial', '--features', '5', '--classes=-1,1'], 'expected --lr with a number'],
  [
    ['--partial', '--features', '5', '--classes', 'a', '--lr', '1'],
    'found --classes a, expected two different names',
  ],
  [
    ['--partial', '--features', '5', '--classes', 'a,b', '--lr', '1', '--loss', 'squared'],
    'found --classes with --loss',
  ],
  [['--partial', '--features', '100000000', '--classes=-1,1', '--lr', '1'], 'has room for 25000000'],
  [['--partial', '--features', '0'], "option '--features <n>' argument '0' is invalid"],
  [['--partial', '--lr', 'fast'], "option '--lr <x>' argument 'fast' is invalid"],
  [['--partial', '--merge'], 'found --partial and --merge, expected one of them'],
  [['--merge', '--lr', '1'], 'found --lr with --merge'],
  [['--evaluate'], 'expected --model'],
  [['--model', 'model.json'], 'found --model alone'],
  [['--partial', '--epochs', '3'], "unknown option '--epochs'"],
])('ends with 64 for %j', async (args, message) => {
  const [status, found] = await refusal(args, svm(5));
  expect(found).toContain(message);
  expect(status).toBe(64);
});

test.each([
  [
    'a value',
    `${svm(3)}1 2:x\n${svm(3)}`,
    'standard input:4:5: found "x", expected the value of feature 2, a finite number',
  ],
  ['an index', '1 6:1\n', 'standard input:1:3: found index 6, expected at most 5 (--features)'],
  ['a label', '\n\n0 1:1\n', 'standard input:3:1: found label 0, expected one of the classes -1, 1'],
])('ends with 65 when %s is wrong', async (_, input, message) => {
  expect(await refusal(training, input)).toStrictEqual([65, message]);
});

test('ends with 65 when training diverges', async () => {
  const args = ['--partial', '--features', '5', '--loss', 'squared', '--lr', '1e9'];
  const [status, message] = await refusal(args, svm(500));
  expect(message).toContain('diverged');
  expect(status).toBe(65);
});

test('ends with 64 when the model is none, and with 75 when it is not there', async () => {
  folder.write('broken.json', '{"format":"asgd-linear-part"}');
  const broken = await refusal(['--partial', '--model', folder.at('broken.json')], svm(5));
  expect(broken).toStrictEqual([64, expect.stringContaining('broken.json is not a model: ')]);
  const absent = await refusal(['--partial', '--model', folder.at('absent.json')], svm(5));
  expect(absent).toStrictEqual([75, `cannot read ${folder.at('absent.json')}: no such file or folder`]);
});
