import { UnsupportedError } from '@asgd/core';
import type { Source } from './source.ts';

/** For places without files, such as browsers. In Node, package.json chooses file-in-node.ts instead. */
export async function openFile(path: string | URL): Promise<Source> {
  throw new UnsupportedError(
    `'${path}' is a path, which can be read in Node only: give the file as a Blob or its bytes, ` +
      `such as await (await fetch(url)).blob().`,
  );
}
