import { describe, expect, test } from 'vitest';
import { wgslMinifier } from '../../minify/wgsl.ts';

/** A file, and what comes of it on its own. */
function minified(source: string): string {
  return wgslMinifier([source])(source);
}

describe('the minifier of WGSL', () => {
  test('takes away comments and space, but not between words and signs that belong apart', () => {
    expect(minified('const a = /* wgsl */ `\n  f( x,\n 1 - -y ); // so\n return x ;\n`;')).toBe(
      'const a = ` f(x,1- -y);return x;`;',
    );
  });

  test('gives what is declared short names: the same ones in all files', () => {
    const [library, program] = [
      'export const library = /* wgsl */ `struct Big { mantissa: u32 } fn twice(it: Big) -> u32 { return 2 * it.mantissa; }`;',
      'const program = /* wgsl */ `${library} fn main() { let big = Big(1); out = twice(big); }`;',
    ] as const;
    const minify = wgslMinifier([library, program]);
    expect(minify(library)).toBe('export const library = `struct c{d:u32}fn e(f:c)->u32{return 2*f.d;}`;');
    expect(minify(program)).toBe('const program = `${library} fn i(){let h=c(1);out=e(h);}`;');
  });

  test('leaves alone attributes, builtins, components, and names that go on in a hole', () => {
    const source =
      'code = /* wgsl */ `@group(0) var<uniform> buffer${slot}: vec4u; fn f(group: vec4u) { buffer${slot}[countLeadingZeros(group.xy)]; }`;';
    expect(minified(source)).toMatch(
      /^code = `@group\(0\)var<uniform>buffer\$\{slot\}:vec4u;fn f\((\w):vec4u\)\{buffer\$\{slot\}\[countLeadingZeros\(\1\.xy\)\];\}`;$/,
    );
  });

  test('reads the backquotes in a hole, but neither its quotes nor other templates', () => {
    const source =
      "/* wgsl */ `let value = ${kind === 'value' ? `value  + ${'}`'}` : 'let value = 1'};`; `let  value = ${1}`";
    expect(minified(source)).toBe(
      "`let c=${kind === 'value' ? `c+${'}`'}` : 'let value = 1'};`; `let  value = ${1}`",
    );
  });

  test.for([
    ['a comment that goes on in a hole', '/* wgsl */ `f(); // ${what}\n`', /cannot be minified/],
    ['an escape', '/* wgsl */ `a\\n`', /cannot be minified/],
    ['a name that components have', '/* wgsl */ `let xy = a;`', /components of these names: xy/],
    ['a template without an end', '/* wgsl */ `let a = ${1', /no end/],
  ] as const)('refuses %s', ([, source, message]) => {
    expect(() => minified(source)).toThrow(message);
  });
});
