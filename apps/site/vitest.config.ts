import { mergeConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

export default mergeConfig(shared, {
  test: {
    // These tests spend much of their time waiting for browsers.
    maxWorkers: 2,
    maxConcurrency: 3,
  },
});
