// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

export default library(['src/index.ts', 'src/merge.ts']);
