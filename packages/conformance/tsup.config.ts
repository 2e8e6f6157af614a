import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Options } from 'tsup';
// @boundaries-ignore: the settings that all packages share
import { library } from '../../tsup.shared.ts';

/** Source maps of the vectors would be larger than the vectors, and are of no use. */
function removeMapsOfVectors(): void {
  for (const map of globSync('dist/{float,complex,tensors,derivatives}*.js.map')) {
    const code = map.replace(/\.map$/, '');
    writeFileSync(code, readFileSync(code, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, ''));
    rmSync(map);
  }
}

const config: Options = {
  ...(library([]) as Options),
  entry: {
    index: 'src/index.ts',
    vitest: 'src/vitest.ts',
    'node-test': 'src/node-test.ts',
    page: 'src/page/index.ts',
    'page-main': 'src/page/main.ts',
    cli: 'src/cli.ts',
    'subject-process': 'src/cli/subject-process.ts',
  },
  onSuccess: async () => removeMapsOfVectors(),
  // There is no `test` beside `node:test`.
  removeNodeProtocol: false,
};

export default config;
