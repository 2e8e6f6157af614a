import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..');

test('the README’s example is the one that the tests run, in a browser too', () => {
  const readme = readFileSync(join(folder, '..', 'README.md'), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(folder, 'example.ts'), 'utf8')}\`\`\``);
});
