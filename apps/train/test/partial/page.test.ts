import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ModelPart } from '@asgd/linear/merge';
import { describe, expect, test } from 'vitest';
import { Folder } from '../folder.ts';
import { svm } from './rows.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'PARTIAL.md'), 'utf8');
const [inShell = '', withParallel = '', ...others] = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(
  ([, code = '']) => code,
);

const folder = new Folder();
const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const run = `'${process.execPath}' --disable-warning=ExperimentalWarning --conditions=@asgd/source '${main}'`;
chmodSync(folder.write('asgd-train', `#!/bin/sh\nexec ${run} "$@"\n`), 0o755);
// GNU parallel, as far as the page uses it: `parallel -k --retries 3 COMMAND ::: SHARD...`, one after the other.
const standIn = 'command=$4; shift 5; for shard; do sh -c "$(echo "$command" | sed "s|{}|$shard|")"; done';
chmodSync(folder.write('parallel', `#!/bin/sh -e\n${standIn}\n`), 0o755);
folder.write('clicks.svm', svm(4000));
folder.write('held-out.svm', svm(500, 4000));

function shell(code: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PATH: `${folder.path}${delimiter}${process.env['PATH']}` };
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', code], {
    cwd: folder.path,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the page on pipes', () => {
  // macOS has no split -n.
  test.runIf(process.platform === 'linux')('trains in three rounds, and in one with GNU parallel', () => {
    expect(others).toStrictEqual([]);
    const { status, stdout, stderr } = shell(inShell);
    expect([status, stderr]).toStrictEqual([0, '']);
    const part = JSON.parse(readFileSync(folder.at('model.json'), 'utf8')) as ModelPart;
    expect(part.parts).toBe(2);
    // The mean of what each of two made in three rounds.
    expect(part.model.step).toBe(6000);
    const { rows, average } = JSON.parse(stdout) as { rows: number; average: { error: number } };
    expect(rows).toBe(500);
    expect(average.error / rows).toBeLessThan(0.15);

    expect(shell(withParallel)).toStrictEqual({ status: 0, stdout: '', stderr: '' });
    const next = JSON.parse(readFileSync(folder.at('next.json'), 'utf8')) as ModelPart;
    expect(next).toMatchObject({ parts: 2, start: 6000, steps: 4000 });
  });
});
