import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeProgress, type Progress } from '../../src/output/progress.ts';

class Screen extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function make(isTTY: boolean): { screen: Screen; output: Screen; progress: Progress } {
  const [screen, output] = [new Screen(isTTY), new Screen(false)];
  const progress = makeProgress({ screen: screen as unknown as NodeJS.WriteStream, output });
  return { screen, output, progress };
}

const activity = { label: () => 'epoch 1/2', total: 1000, unit: 'steps' };

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('on a terminal', () => {
  test('a bar shows percentage, rate and remaining time', () => {
    const { screen, progress } = make(true);
    progress.start(activity);
    vi.advanceTimersByTime(60_000); // nothing moves: what it waits for has no rate
    progress.update(100);
    vi.advanceTimersByTime(2000);
    progress.update(500);
    vi.advanceTimersByTime(100);
    progress.stop();
    expect(screen.text).toMatch(/epoch 1\/2 {2}█{10}░{10} {2}50 % {2}(19\d|200) steps\/s {2}3 s left/);
  });

  test('nothing is said of the remaining time before there is a rate to tell it from', () => {
    const { screen, progress } = make(true);
    progress.start({ ...activity, total: 1e6 });
    vi.advanceTimersByTime(1000);
    progress.update(1);
    vi.advanceTimersByTime(1500); // code is still being compiled
    progress.update(2);
    vi.advanceTimersByTime(200);
    progress.stop();
    expect(screen.text).toContain('0 %');
    expect(screen.text).not.toMatch(/left|steps\/s/);
  });

  test('lines go to the output, and the bar is there again after them', () => {
    const { screen, output, progress } = make(true);
    progress.start(activity);
    progress.line('a row');
    expect(output.text).toBe('a row\n');
    screen.text = '';
    vi.advanceTimersByTime(2000);
    progress.update(10);
    vi.advanceTimersByTime(1000);
    expect(screen.text).toContain('░');
    progress.stop();
    screen.text = '';
    progress.line('the end');
    expect(screen.text).toBe('');
  });
});

describe('elsewhere', () => {
  test('there is no bar, but a line every half minute', () => {
    const { screen, output, progress } = make(false);
    progress.start(activity);
    vi.advanceTimersByTime(29_000);
    progress.update(100);
    expect(screen.text).toBe('');
    vi.advanceTimersByTime(11_000);
    progress.update(200);
    progress.update(201);
    expect(screen.text).toBe('epoch 1/2, 20 %, 9.09 steps/s, 1 min 28 s left\n');
    progress.line('a row');
    expect(output.text).toBe('a row\n');
  });

  test('the total size may be unknown', () => {
    const { screen, progress } = make(false);
    progress.start({ label: () => 'reading pipe', total: 0, unit: 'MB', perUnit: 1e6 });
    progress.update(0);
    vi.advanceTimersByTime(40_000);
    progress.update(80e6);
    expect(screen.text).toBe('reading pipe, 2.00 MB/s\n');
  });
});
