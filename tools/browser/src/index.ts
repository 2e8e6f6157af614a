export type { Browser, JSHandle, Page } from 'playwright';
export { type Chromium, findChromium } from './chromium.ts';
export { dawnEnvironment } from './dawn.ts';
export type { Environment } from './environment.ts';
export { launch, type LaunchOptions } from './launch.ts';
export { openPage, type PageOptions } from './page.ts';
