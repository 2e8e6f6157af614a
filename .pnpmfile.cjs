// What every published package.json has in common, and what it leaves behind: see beforePacking of pnpm.
const { relative } = require('node:path');
const { author, repository } = require('./package.json');

const page = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** Without the condition that names the source, which is not published. */
function published(exports) {
  if (typeof exports !== 'object' || exports === null) return exports;
  const kept = Object.entries(exports).filter(([condition]) => condition !== '@asgd/source');
  return Object.fromEntries(kept.map(([condition, target]) => [condition, published(target)]));
}

function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }, folder) {
  const directory = relative(__dirname, folder).replaceAll('\\', '/');
  return {
    ...manifest,
    author,
    repository: { ...repository, directory },
    homepage: `${page}/tree/main/${directory}#readme`,
    bugs: { url: `${page}/issues` },
    ...(manifest.exports && { exports: published(manifest.exports) }),
    ...(manifest.imports && { imports: published(manifest.imports) }),
  };
}

module.exports = { hooks: { beforePacking } };
