// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

const config: ReturnType<typeof library> = library(['src/index.ts']);

export default config;
