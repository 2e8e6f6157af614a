import type { Suite } from './report.ts';
import packageManifest from '../package.json' with { type: 'json' };
import vectorsManifest from '../vectors/manifest.json' with { type: 'json' };

/** This suite, as reports name it. */
export const suite: Suite = {
  version: packageManifest.version,
  torch: vectorsManifest.generator.torch,
  vectors: Object.fromEntries(vectorsManifest.files.map(({ name, sha256 }) => [name, sha256])),
};
