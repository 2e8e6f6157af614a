export { type Chromium, findChromium } from './chromium.ts';
export { dawnEnvironment } from './dawn.ts';
export type { Environment } from './environment.ts';
export { launch } from './launch.ts';
export { openPage, type PageOptions } from './page.ts';
