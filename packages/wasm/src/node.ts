// What Node loads. A module cannot say that something it imports is missing, so this one imports nothing at first.

import type { wasm as open } from './index.ts';

export async function wasm(...options: Parameters<typeof open>): ReturnType<typeof open> {
  const backend = await import('./index.ts').catch(explain);
  return backend.wasm(...options);
}

function explain(cause: Error & { readonly code?: unknown }): never {
  const { code, message } = cause;
  if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'@asgd/core'")) throw cause;
  const text =
    '@asgd/wasm needs @asgd/core, which is not installed where it looks: `npm ls @asgd/core` shows what is. ' +
    'Install it in your project: npm install @asgd/core';
  throw Object.assign(new Error(text, { cause }), { code });
}
