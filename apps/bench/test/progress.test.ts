import { describe, expect, test } from 'vitest';
import { reportProgress } from '../src/progress.ts';

function written(isTTY: boolean): string {
  let text = '';
  const progress = reportProgress({ isTTY, columns: 20, write: (part) => ((text += String(part)), true) });
  progress.follow('a comparison with a long name', 0, 12);
  progress.follow('another', 1, 12);
  progress.end();
  return text;
}

describe('progress', () => {
  test('is a line for each comparison where there is no terminal', () => {
    expect(written(false)).toBe('1/12 a comparison with a long name\n2/12 another\n');
  });

  test('is one line on a terminal, cut to its width, and leaves nothing behind', () => {
    const lines = written(true).split('\r\u001B[K');
    expect(lines).toStrictEqual(['', '1/12 a comparison w', '2/12 another', '']);
  });
});
