import { defineConfig, mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

export default mergeConfig(
  shared,
  defineConfig({ test: { projects: [{ extends: true, test: { name: 'node' } }] } }),
);
