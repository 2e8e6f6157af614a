import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { getReleasePlan } from '@changesets/get-release-plan';
import ts from 'typescript';

import { contractPackages, contractVersion, kernels, statements } from './contract.ts';
import { publishedPackages } from './packages.ts';

/** For each released version of the contract, the first release of every package that it touches. */
type Released = Readonly<Record<string, Readonly<Record<string, string>>>>;

const folder = join('tools', 'packaging', 'contracts');
const released = join(folder, 'released.json');
const declared = (version: number): string => join(folder, `${version}.d.ts`);

/** What keeps the contract from being released as it is in the sources, for people. Empty when nothing does. */
export async function contractProblems(root: string): Promise<string[]> {
  const version = contractVersion(root);
  const others = statements(root).filter((statement) => statement.version !== version);
  const stated = others.map(
    (other) => `${other.file} is written for contract ${other.version}, and core has contract ${version}.`,
  );
  return [...stated, ...declarationProblems(root, version), ...(await releaseProblems(root, version))];
}

/** Writes down what the contract is. @throws Error when that version of it is released, and was another */
export function recordContract(root: string): void {
  const version = contractVersion(root);
  if (isReleased(root, version) && declarationProblems(root, version).length > 0) {
    throw new Error(declarationProblems(root, version).join('\n'));
  }
  writeFileSync(join(root, declared(version)), declarations(root));
}

/** Writes down in which versions of the packages the contract appears first. */
export function recordRelease(root: string): void {
  const version = contractVersion(root);
  if (isReleased(root, version)) return;
  const parties = new Set(contractPackages(root));
  const versions = publishedPackages(root)
    .filter(({ name }) => parties.has(name))
    .map(({ name, manifest }) => [name, manifest.version]);
  const record = { ...readReleased(root), [version]: Object.fromEntries(versions) as Released[string] };
  writeFileSync(join(root, released), `${JSON.stringify(record, null, 2)}\n`);
}

function declarationProblems(root: string, version: number): string[] {
  const path = join(root, declared(version));
  if (existsSync(path) && readFileSync(path, 'utf8') === declarations(root)) return [];
  return isReleased(root, version)
    ? [
        `${kernels} has other types than contract ${version}, which is released: raise CONTRACT_VERSION there, and ` +
          `\`contract\` in all kernels, then run \`npm run contract\`.`,
      ]
    : [
        `${declared(version)} does not have the types of ${kernels}: run \`npm run contract\`, and commit it.`,
      ];
}

/** A contract is released by all packages that it touches, together. */
async function releaseProblems(root: string, version: number): Promise<string[]> {
  if (isReleased(root, version)) return [];
  const { releases } = await getReleasePlan(root);
  const raised = new Set(
    releases.filter(({ type }) => type === 'minor' || type === 'major').map(({ name }) => name),
  );
  return contractPackages(root)
    .filter((name) => !raised.has(name))
    .map(
      (name) =>
        `Contract ${version} is not released yet, and ${name} takes part in it: add a changeset that makes a minor of it.`,
    );
}

function isReleased(root: string, version: number): boolean {
  return Object.hasOwn(readReleased(root), version);
}

function readReleased(root: string): Released {
  return JSON.parse(readFileSync(join(root, released), 'utf8')) as Released;
}

/** The types of the contract, and what they are made of, without comments and layout. */
function declarations(root: string): string {
  const file = join(root, kernels);
  const source = parse(file);
  const printer = ts.createPrinter({ removeComments: true });
  const print = (statement: ts.Statement, from: ts.SourceFile): string =>
    printer.printNode(ts.EmitHint.Unspecified, statement, from);
  const imported = source.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
    const from = parse(join(dirname(file), (statement.moduleSpecifier as ts.StringLiteral).text));
    const bindings = statement.importClause?.namedBindings as ts.NamedImports;
    const names = new Set(bindings.elements.map(({ name }) => name.text));
    return from.statements
      .filter((type) => ts.isTypeAliasDeclaration(type) || ts.isInterfaceDeclaration(type))
      .filter(({ name }) => names.has(name.text))
      .map((type) => print(type, from));
  });
  const own = source.statements
    .filter((statement) => ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement))
    .map((type) => print(type, source));
  return `${[...imported, ...own].join('\n\n')}\n`;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
}
