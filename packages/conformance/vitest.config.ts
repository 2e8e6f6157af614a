import { mergeConfig, type ViteUserConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

/** A test here runs hundreds of cases, on machines that may be slow and busy. */
const config: ViteUserConfig = mergeConfig(shared, { test: { testTimeout: 60_000 } });

export default config;
