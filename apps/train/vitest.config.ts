import { dawnEnvironment } from '@asgd/browser';
// @boundaries-ignore: the settings that all packages share
import { shared } from '../../vitest.shared.ts';

// Before Vitest starts its workers: a process reads it when it starts.
Object.assign(process.env, await dawnEnvironment());

export default shared;
