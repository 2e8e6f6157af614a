import { join } from 'node:path';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';
import { forTsup } from './minify/plugins.ts';

export default library(['src/index.ts'], [forTsup(join(import.meta.dirname, 'src'))]);
