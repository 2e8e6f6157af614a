// @boundaries-ignore: the settings that all packages share
import { program } from '../../tsup.shared.ts';

export default program(['src/main.ts', 'src/pairing-process.ts', 'src/linear/asgd-process.ts']);
