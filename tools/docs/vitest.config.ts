import { dawnEnvironment } from '@asgd/browser';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// The code blocks that use a GPU run on the software adapter.
Object.assign(process.env, await dawnEnvironment());

export default shared;
