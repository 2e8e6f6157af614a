import { mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// Starting the program takes a while on a machine that has other things to do.
export default mergeConfig(shared, { test: { testTimeout: 60_000, hookTimeout: 60_000 } });
