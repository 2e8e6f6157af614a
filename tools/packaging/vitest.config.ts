import { defineConfig, mergeConfig } from 'vitest/config';

// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// Packing, installing and type-checking run other programs: seconds, not milliseconds.
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 120_000, hookTimeout: 120_000 } }));
