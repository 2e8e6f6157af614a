import { UnsupportedError } from '@asgd/core';
import type { Source } from './source.ts';

/** Where there are no files. Its counterpart in Node is file-in-node.ts; package.json chooses. */
export async function openFile(path: string | URL): Promise<Source> {
  throw new UnsupportedError(
    `'${path}' is a path, which can be read in Node only: give the file as a Blob or its bytes, ` +
      `such as await (await fetch(url)).blob().`,
  );
}
