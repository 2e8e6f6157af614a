import type { Options } from 'tsup';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

const config: Options = {
  ...(library(['src/index.ts', 'src/vitest.ts', 'src/node-test.ts', 'src/cli.ts']) as Options),
  // There is no `test` beside `node:test`.
  removeNodeProtocol: false,
};

export default config;
