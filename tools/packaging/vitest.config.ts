import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';
import { tableReporter } from './src/table.ts';

export default mergeConfig(
  shared,
  defineConfig({
    // A file mostly waits for a package manager, whatever the cores.
    test: { globalSetup: 'src/setup.ts', reporters: [tableReporter], maxWorkers: 3 },
  }),
);
