// Serves what `vitepress build` made: cross-origin isolated, unless --not-isolated asks for what most hosts do.
import { join } from 'node:path';
import { argv, env } from 'node:process';
import { serve } from './server.ts';

const { url } = await serve({
  folder: join(import.meta.dirname, '..', 'dist'),
  port: 4173,
  isolated: !argv.includes('--not-isolated'),
  base: env['ASGD_SITE_BASE'] ?? '/',
});
console.log(`The site is at ${url} until you press Ctrl-C.`);
