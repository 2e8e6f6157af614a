// npm run generate

import { writeFile } from 'node:fs/promises';
import { generateKernels, generateWorker } from './compile.ts';

const src = new URL('../src/', import.meta.url);
await writeFile(new URL('kernels.generated.ts', src), await generateKernels());
await writeFile(new URL('worker.generated.ts', src), await generateWorker());
