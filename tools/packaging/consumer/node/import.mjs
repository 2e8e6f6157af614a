import { main } from './programs.mjs';

await main((name) => import(name));
