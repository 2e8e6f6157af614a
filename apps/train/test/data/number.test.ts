import { describe, expect, test } from 'vitest';
import { hash } from '../../src/data/hash.ts';
import { parseNumber } from '../../src/data/number.ts';

function parse(text: string): number {
  // Numbers stand in the middle of lines: what is around them must not be read.
  const bytes = Buffer.from(`12${text}34`);
  return parseNumber(bytes, 2, bytes.length - 2);
}

describe('parseNumber', () => {
  test('reads every decimal to the nearest float64, as the language does', () => {
    let drawn = 0;
    const below = (bound: number): number => hash(5, (drawn += 1)) % bound;
    const digits = (most: number): string =>
      Array.from({ length: below(most) }, () => String(below(10))).join('');
    const wrong: string[] = [];
    for (let i = 0; i < 20_000; i += 1) {
      const sign = ['', '-', '+'][below(3)] ?? '';
      const point = below(2) === 0 ? '' : `.${digits(20)}`;
      const exponent = below(2) === 0 ? '' : `e${['', '-', '+'][below(3)] ?? ''}${below(340)}`;
      const text = `${sign}${below(10)}${digits(20)}${point}${exponent}`;
      if (!Object.is(parse(text), Number(text))) wrong.push(text);
    }
    expect(wrong).toStrictEqual([]);
  });

  test.each([
    '0',
    '-0',
    '1',
    '1.',
    '.5',
    '+.5e1',
    '0.1',
    '1E5',
    '1e-400',
    '00012',
    '123456789012345678901234567890',
  ])('reads %s', (text) => expect(parse(text)).toBe(Number(text)));

  test.each([
    '',
    '-',
    '+',
    '.',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '1,5',
    '0x10',
    'inf',
    'Infinity',
    'nan',
    '1 ',
    ' 1',
    '--1',
    '1_000',
    '1e5.5',
    '١',
  ])('refuses %j', (text) => expect(parse(text)).toBeNaN());

  test('answers with infinity for what is too large, so that callers can refuse it', () => {
    expect(parse('1e999')).toBe(Infinity);
    expect(parse('-1e999')).toBe(-Infinity);
  });
});
