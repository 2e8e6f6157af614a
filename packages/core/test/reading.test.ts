import { ASGD } from '@asgd/core';
import { afterEach, describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

const { backend } = new Recorder();

describe('a printed optimizer', () => {
  const optimizer = new ASGD([
    { params: [backend.parameter([1])], lr: 0.5, extra: { stage: 'first' } },
    { params: [backend.parameter([1])], maximize: true },
  ]);
  const lines = optimizer.toString().split('\n');

  test('shows each group with its options in order', () => {
    expect(lines[0]).toBe('ASGD (');
    expect(lines.at(-1)).toBe(')');
    const groups = lines.flatMap((line, index) => (line.startsWith('Parameter Group') ? [index] : []));
    expect(groups.map((index) => lines[index])).toStrictEqual(['Parameter Group 0', 'Parameter Group 1']);
    expect(lines).toContain('    lr: 0.5');
    expect(lines).toContain('    stage: first');
    expect(lines).toContain('    maximize: true');
    const options = lines.slice((groups[0] ?? 0) + 1, groups[1]);
    expect(options).toStrictEqual(options.toSorted());
  });

  test('looks the same in Node', () => {
    const inspect: unknown = Reflect.get(optimizer, Symbol.for('nodejs.util.inspect.custom'));
    expect(inspect).toBe(optimizer.toString);
  });
});

describe('a step in the User Timing API', () => {
  const name = 'Optimizer.step#ASGD.step';
  afterEach(() => performance.clearMeasures(name));

  test('appears when asked for, closure included, and not otherwise', async () => {
    const parameter = backend.parameter([1]);
    parameter.grad = backend.tensor([1]);
    const optimizer = new ASGD([parameter]);
    optimizer.step();
    expect(performance.getEntriesByName(name)).toStrictEqual([]);
    optimizer.profiling = true;
    optimizer.step();
    await optimizer.step(async () => new Promise((resolve) => setTimeout(resolve, 20)));
    const measures = performance.getEntriesByName(name);
    expect(measures).toHaveLength(2);
    expect(measures[1]?.duration).toBeGreaterThan(15);
  });
});
