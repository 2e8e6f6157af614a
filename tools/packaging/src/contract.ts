import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { publishedPackages } from './packages.ts';

/** Where core states the version of its contract with backends. */
const ofCore = /(?<=export const CONTRACT_VERSION = )\d+/;

/** Where kernels state the version that they are written for. */
const ofKernels = /(?<=\bcontract(: | = ))\d+/g;

/** What a package imports that takes part in the contract, whichever side it is on. */
const imports =
  /import (type )?\{[^}]*\b(Kernels|CONTRACT_VERSION|defineBackend)\b[^}]*\} from '@asgd\/core'/;

/** The file that is the contract. */
export const kernels: string = join('packages', 'core', 'src', 'kernels.ts');

/** A place in the sources that states a version of the contract. */
export interface Statement {
  readonly file: string;
  readonly version: number;
}

/** The version of the contract that the sources have. */
export function contractVersion(root: string): number {
  const [version] = ofCore.exec(readFileSync(join(root, kernels), 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${kernels} exports no CONTRACT_VERSION.`);
  return Number(version);
}

/** The packages that a change of the contract touches: core, and whatever is written for it. */
export function contractPackages(root: string): string[] {
  return publishedPackages(root)
    .filter(({ name, folder }) => {
      const takesPart = (source: string): boolean => imports.test(source) || source.search(ofKernels) >= 0;
      return name === '@asgd/core' || sourcesIn(folder).some(({ source }) => takesPart(source));
    })
    .map(({ name }) => name);
}

/** Every version of the contract that kernels say they are written for. */
export function statements(root: string): Statement[] {
  return sourcesIn(root).flatMap(({ file, source }) =>
    [...source.matchAll(ofKernels)].map(([version]) => ({ file, version: Number(version) })),
  );
}

/** Raises it wherever it is stated. */
export function raiseContract(root: string): void {
  const next = String(contractVersion(root) + 1);
  for (const { file, source } of sourcesIn(root)) {
    const raised = source.replace(ofCore, next).replaceAll(ofKernels, next);
    if (raised !== source) writeFileSync(join(root, file), raised);
  }
}

function sourcesIn(folder: string): { readonly file: string; readonly source: string }[] {
  return globSync(['src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: folder }).map((file) => ({
    file,
    source: readFileSync(join(folder, file), 'utf8'),
  }));
}
