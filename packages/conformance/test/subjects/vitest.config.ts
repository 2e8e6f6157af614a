import { mergeConfig, type ViteUserConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../../../vitest.shared.ts';

/** For a run of vitest inside a test: only one file, and the report as JSON. */
const config: ViteUserConfig = mergeConfig(shared, { test: {} });
config.test = { include: ['test/subjects/vitest-suite.ts'], reporters: ['json'] };

export default config;
