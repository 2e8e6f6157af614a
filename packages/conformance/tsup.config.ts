import type { Options } from 'tsup';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

const config: Options = {
  ...(library([]) as Options),
  entry: {
    index: 'src/index.ts',
    vitest: 'src/vitest.ts',
    'node-test': 'src/node-test.ts',
    cli: 'src/cli.ts',
    'subject-process': 'src/cli/subject-process.ts',
  },
  // There is no `test` beside `node:test`.
  removeNodeProtocol: false,
};

export default config;
