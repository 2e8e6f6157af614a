import { report } from './train.js';

void report().then((result) => postMessage(result));
