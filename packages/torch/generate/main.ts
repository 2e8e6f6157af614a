// Writes test/fixtures/written again: `npm run generate`. Then `python -m golden --check` reads it with PyTorch.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFiles } from './files.ts';

const folder = join(import.meta.dirname, '..', 'test', 'fixtures', 'written');
mkdirSync(folder, { recursive: true });
for (const [name, bytes] of await makeFiles()) writeFileSync(join(folder, name), bytes);
