// What a page downloads of each package, minified and gzipped.

import type { SizeLimitConfig } from 'size-limit';

type Check = SizeLimitConfig[number];

/** As a page loads it: size-limit's own format, for scripts without modules, has some 300 bytes of glue around it. */
const asModule = <Config extends object>(config?: Config): Config => ({
  ...(config as Config),
  format: 'esm',
});

const budget = (name: string, path: string, limit: string, options: Partial<Check> = {}): Check => ({
  name,
  path,
  limit,
  gzip: true,
  ignore: ['@asgd/core'],
  modifyEsbuildConfig: asModule,
  ...options,
});

const budgets: SizeLimitConfig = [
  budget('@asgd/core', 'packages/core/dist/index.js', '14.8 kB', {
    import: '{ ASGD, defineBackend }',
    ignore: ['./backward-*'],
  }),
  budget('@asgd/cpu', 'packages/cpu/dist/index.js', '3 kB'),
  // With what it takes from core, which is its only dependency. What trains is loaded when training starts.
  budget('@asgd/linear, a classifier', 'packages/linear/dist/index.js', '12 kB', {
    import: '{ ASGDClassifier }',
    ignore: ['./plain-runner-*', './wasm-runner-*'],
  }),
  budget('@asgd/linear, all of it', 'packages/linear/dist/index.js', '14.5 kB', {
    ignore: ['./plain-runner-*', './wasm-runner-*'],
  }),
  budget('@asgd/linear, to train in WebAssembly', 'packages/linear/dist/wasm-runner-*.js', '5.4 kB'),
  budget('@asgd/linear, to train without', 'packages/linear/dist/plain-runner-*.js', '3.5 kB'),
  budget('@asgd/tfjs', 'packages/tfjs/dist/index.js', '7.2 kB', {
    ignore: ['@asgd/core', '@asgd/cpu', '@asgd/wasm', '@asgd/webgpu', '@tensorflow/tfjs-core'],
  }),
  budget('@asgd/torch', 'packages/torch/dist/index.js', '15 kB', {
    ignore: ['@asgd/core', './inflate-*', './write-*', './read-safetensors-*'],
  }),
  // With what they share with the entry.
  budget('@asgd/torch, to write .pt', 'packages/torch/dist/write-pt-*.js', '7 kB'),
  budget('@asgd/torch, to read safetensors', 'packages/torch/dist/read-safetensors-*.js', '6 kB'),
  budget('@asgd/torch, to write safetensors', 'packages/torch/dist/write-safetensors-*.js', '6 kB'),
  // fflate too.
  budget('@asgd/torch, to read what is compressed', 'packages/torch/dist/inflate-*.js', '4 kB'),
  budget('@asgd/wasm', 'packages/wasm/dist/index.js', '8.8 kB'),
  budget('@asgd/webgpu', 'packages/webgpu/dist/index.js', '12.2 kB'),
];

export default budgets;
