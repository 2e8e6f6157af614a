/**
 * Vite serves JSON as a module of JavaScript, which a browser refuses for an import that says `type: 'json'`. Vite
 * drops that from static imports; this drops it from dynamic ones. A Vite plugin.
 */
export const jsonImports: {
  readonly name: string;
  readonly enforce: 'pre';
  transform(code: string): string | undefined;
} = {
  name: 'asgd:json-imports',
  enforce: 'pre',
  transform: (code) =>
    attribute.test(code) ? code.replaceAll(new RegExp(attribute, 'g'), '$1)') : undefined,
};

/** `import('…', { with: { type: 'json' } })` */
const attribute = /(\bimport\(\s*'[^']*')\s*,\s*\{\s*with:\s*\{\s*type:\s*'json'\s*\}\s*\},?\s*\)/;
