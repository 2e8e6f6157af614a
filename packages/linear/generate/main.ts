// npm run generate

import { writeFile } from 'node:fs/promises';
import { generateKernels } from './compile.ts';

await writeFile(new URL('../src/wasm.generated.ts', import.meta.url), await generateKernels());
