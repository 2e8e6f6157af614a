// A user's program in TypeScript. It is only type-checked, in projects without the DOM's types too.
import type { Backend, RealArray } from '@asgd/core';
import { wasm, type WasmMemory, type WasmOptions } from '@asgd/wasm';

declare const memory: WasmMemory;
const options: WasmOptions = { threads: 2, memory, heap: { malloc: () => 8, free: () => {} } };
export const backend: Backend<RealArray> = await wasm(options);

// Had the declarations come out as `any`, nothing here would be an error.
// @ts-expect-error: threads are counted
await wasm({ threads: 'all' });
// @ts-expect-error: a memory has a buffer
await wasm({ memory: {} });
