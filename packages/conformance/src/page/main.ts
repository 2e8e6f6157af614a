// The program of the page that the command serves and writes.
import { showSuite } from './index.ts';
import { isPackageName, parseQuery } from './query.ts';

const main = document.querySelector('main');
if (main) {
  const base = document.querySelector<HTMLMetaElement>('meta[name="asgd-modules"]')?.content ?? '';
  const shown = showSuite(main, { base });
  if (isOwnModule(base)) void shown.start();
}

/**
 * Whether the address names a module of this very site, which runs at once. What comes from elsewhere is somebody
 * else's program, and it would run with what this site may do: somebody has to say so.
 */
function isOwnModule(base: string): boolean {
  try {
    const { module } = parseQuery(location.search);
    if (module === '') return false;
    return isPackageName(module) || new URL(module, new URL(base, location.href)).origin === location.origin;
  } catch {
    return false;
  }
}
