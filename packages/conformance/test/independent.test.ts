import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import manifest from '../vectors/manifest.json' with { type: 'json' };

const folder = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'asgd-independent-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Those that record training; derivatives.json has another format. */
const files = manifest.files.filter(({ name }) => name !== 'derivatives.json');

/** Compiles the program and gives it the vectors. */
function check(...flags: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const { CXX = 'c++' } = process.env;
  const program = join(scratch, 'check-vectors');
  const args = ['-std=c++17', '-ffp-contract=off', ...flags, 'vectors/check-vectors.cpp', '-o', program];
  const compiled = spawnSync(CXX, args, { cwd: folder, encoding: 'utf8' });
  if (compiled.error) {
    throw new Error(
      `The vectors are checked in C++, and ${CXX} does not run: install g++ or clang, or set CXX.`,
      {
        cause: compiled.error,
      },
    );
  }
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  const names = files.map(({ name }) => `vectors/${name}`);
  return spawnSync(program, names, { cwd: folder, encoding: 'utf8' });
}

describe('averaged SGD in C++, written from the documents alone,', () => {
  test('gives the bits of every recorded run', () => {
    const { status, stdout } = check('-Wall', '-Wextra', '-Werror');
    const total = (key: 'traces' | 'steps'): number => files.reduce((sum, file) => sum + file[key], 0);
    const [, runs, steps, wrong, mixed] =
      /^(\d+) runs, (\d+) steps, \d+ numbers compared, (\d+) wrong, (\d+) runs of mixed precision left out$/m
        .exec(stdout)
        ?.map(Number) ?? [];
    expect({ status, wrong, runs: (runs ?? 0) + (mixed ?? 0) }, stdout).toStrictEqual({
      status: 0,
      wrong: 0,
      runs: total('traces'),
    });
    expect(steps).toBeGreaterThan(0.98 * total('steps')); // nearly all, whatever precision they mix
  });

  test('is refused where it fuses a product with its sum', () => {
    const { status, stdout } = check('-DFUSED');
    expect(stdout).toMatch(/, [1-9]\d* wrong, /);
    expect(status).toBe(1);
  });
});
