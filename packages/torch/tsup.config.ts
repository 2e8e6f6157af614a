import type { Options } from 'tsup';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

const config: Options = {
  ...(library(['src/index.ts', 'src/cli.ts', 'src/file.ts', 'src/file-in-node.ts']) as Options),
  // The imports of package.json choose between the two files when the package is used, not when it is built.
  external: ['#file'],
  removeNodeProtocol: false,
};

export default config;
