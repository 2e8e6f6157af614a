import type { Options } from 'tsup';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

const config: Options = {
  ...(library(['src/index.ts', 'src/cli.ts']) as Options),
  removeNodeProtocol: false,
};

export default config;
