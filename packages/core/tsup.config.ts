// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

// Bundlers leave out whole files, but not classes that set themselves up when they are loaded, as the optimizer's do. So
// what is of use by itself is in files of its own, and index.js only passes it on.
const parts = ['src/asgd.ts', 'src/functional.ts', 'src/merge-averages.ts', 'src/non-monotone-trigger.ts'];

export default library(['src/index.ts', 'src/errors.ts'], parts);
