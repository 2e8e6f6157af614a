import { fileKey } from './destination.ts';
import { reason, UserError } from './errors.ts';
import type { CommandLine, Settings } from './options.ts';
import { requireWritable } from './replace-file.ts';

/** Refuses outputs before hours of work: those that could not be written, or would overwrite something needed. */
export function requireOutputs(
  { outputs, resume }: Pick<CommandLine, 'outputs' | 'resume'>,
  { data, test }: Pick<Settings, 'data' | 'test'>,
): void {
  const taken = new Map<string | undefined, string>();
  const read = (file: string | undefined, use: string): void => {
    if (file !== undefined) taken.set(keyOfInput(file), use);
  };
  const write = (option: string, file: string | undefined): void => {
    if (file === undefined) return;
    requireWritable(file);
    const key = fileKey(file);
    const use = key === undefined ? undefined : taken.get(key);
    if (use !== undefined) {
      throw new UserError(`found --${option} ${file}, which ${use}: expected another file`);
    }
    taken.set(key, `--${option} writes to`);
  };
  read(data, 'the data is read from');
  read(test, 'the data is read from');
  write('save', outputs.save);
  // After --save, since a run usually saves to the checkpoint that it continues.
  read(resume, 'the checkpoint is read from');
  write('predict', outputs.predict);
  write('json', outputs.json);
  write('plot', outputs.plot);
}

function keyOfInput(file: string): string | undefined {
  try {
    return fileKey(file);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reason(error)}`);
  }
}
