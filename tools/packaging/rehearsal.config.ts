import type { ViteUserConfig } from 'vitest/config';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// One release after another, as they will come: a test is a step, and needs the steps before it.
const rehearsal: ViteUserConfig = {
  ...shared,
  test: { ...shared.test, include: ['rehearsal/**/*.test.ts'], bail: 1 },
};

export default rehearsal;
