// Makes what src holds in text form: the kernels from assembly/, and the program of the worker threads from
// src/worker.ts. The results are committed, and a test makes them again and compares.

import { main as compile } from 'assemblyscript/asc';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;

/** "Shared memory, of 0 to 65536 pages", as it stands in a module's import of its memory. */
const SHARED_LIMITS = [0x03, 0x00, 0x80, 0x80, 0x04];

/** The kernels, for shared memory. */
async function compileAssembly(): Promise<Uint8Array> {
  let code: Uint8Array | undefined;
  const options = [
    'assembly/index.ts',
    '--outFile=kernels.wasm',
    '-O3',
    '--shrinkLevel=0',
    '--runtime=stub',
    '--noAssert',
    '--importMemory',
    '--noExportMemory',
    '--enable=simd',
    '--enable=threads',
    '--sharedMemory',
    '--initialMemory=0',
    '--maximumMemory=65536',
    `--baseDir=${root}`,
  ];
  const { error } = await compile(options, {
    writeFile(name, contents) {
      if (name === 'kernels.wasm' && typeof contents !== 'string') code = contents;
    },
  });
  if (error || !code) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}`);
  return code;
}

export async function generateKernels(): Promise<string> {
  const code = await compileAssembly();
  const limits = indexOf(code, SHARED_LIMITS);
  return `// Made by \`npm run generate\` from assembly/. ${code.length} bytes of WebAssembly.

/** The module, compiled for shared memory, in hexadecimal: compressed, it is a third shorter than base64. */
export const hex: string =
  '${Buffer.from(code).toString('hex')}';

/** Where in it the limits of the memory that it imports begin: 5 bytes. */
export const limits: number = ${limits};
`;
}

export async function generateWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}src/worker.ts`],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm', // which has nothing around it; nothing else is in a worker's scope
    target: 'es2023',
    legalComments: 'none',
  });
  const program = outputFiles[0]?.text.trim() ?? '';
  return `// Made by \`npm run generate\` from src/worker.ts.

/** The program of a worker thread. */
export const program: string =
  ${quote(program)};
`;
}

function indexOf(code: Uint8Array, sequence: readonly number[]): number {
  const found = code.findIndex((_, start) => sequence.every((byte, offset) => code[start + offset] === byte));
  if (found < 0) throw new Error('The module imports no shared memory of 0 to 65536 pages.');
  return found;
}

/** In single quotes, as the rest of the source. */
function quote(text: string): string {
  return `'${text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\n', String.raw`\n`)}'`;
}
