import { defineConfig, mergeConfig } from 'vitest/config';
import part from './vitest.config.ts';

/** The whole matrix: every package manager, runtime, bundler and way to resolve types. */
export default mergeConfig(part, defineConfig({ test: { env: { ASGD_PACKAGING: 'all' } } }));
