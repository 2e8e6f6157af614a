import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Application, Logger, LogLevel, normalizePath, type TypeDocOptions } from 'typedoc';
import type { Entry, Published } from './published.ts';
import { linkSections, spellAnchors } from './specification-links.ts';

/**
 * Writes the API reference of packages as Markdown: pages for each package, with its README and all that it exports.
 * @param folder where it goes; what was there before is removed
 * @returns what is wrong with the doc comments, the READMEs and their links: nothing, if all is well
 */
export async function writeReference(packages: readonly Published[], folder: string): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'asgd-reference-'));
  try {
    const problems: string[] = [];
    const models: string[] = [];
    for (const one of packages) {
      const model = join(scratch, `${models.length}.json`);
      problems.push(...(await writeModel(one, model)));
      models.push(model);
    }
    const specifications = packages
      .map((one) => join(one.folder, 'SPEC.md'))
      .filter((file) => existsSync(file));
    const target = problems.length === 0 ? { folder, trial: join(scratch, 'html') } : null;
    return [...problems, ...(await merge(models, specifications, target))];
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What the paths in a model start from: TypeDoc has no other choice when it merges. */
const workingFolder = normalizePath(process.cwd());

/** Turns a package's source into TypeDoc's model of it, as JSON. */
async function writeModel({ name, folder, entries }: Published, model: string): Promise<string[]> {
  const readme = join(folder, 'README.md');
  const { app, problems } = await start({
    name,
    basePath: folder,
    displayBasePath: join(folder, 'src'),
    entryPoints: entries.map(({ source }) => source),
    tsconfig: join(folder, 'tsconfig.json'),
    readme: existsSync(readme) ? readme : 'none',
    skipErrorChecking: true, // `npm run types` does that
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    disableSources: true,
    validation: { ...everything, ...acrossPackages(false) },
  });
  const project = await app.convert();
  if (project) {
    nameModules(project.children ?? [], entries, join(folder, 'src'));
    app.validate(project);
    await writeFile(model, JSON.stringify(app.serializer.projectToObject(project, workingFolder)));
  }
  return problems.map((problem) => `${name}: ${problem}`);
}

interface Target {
  readonly folder: string;
  /** For pages that are made only because TypeDoc checks anchors while it writes HTML. */
  readonly trial: string;
}

/** Checks the links between packages, and writes all of them as Markdown into a folder. */
async function merge(
  models: readonly string[],
  documents: readonly string[],
  target: Target | null,
): Promise<string[]> {
  const { app, problems } = await start({
    name: 'asgd',
    entryPointStrategy: 'merge',
    entryPoints: [...models],
    projectDocuments: [...documents],
    readme: 'none',
    disableSources: true,
    validation: { ...everything, ...acrossPackages(true), notDocumented: false, notExported: false },
    plugin: ['typedoc-plugin-markdown'],
    ...markdown,
  });
  const project = await app.convert();
  if (project) {
    for (const document of documents) linkSections(project, document);
    app.validate(project);
    if (target !== null && problems.length === 0) {
      await app.outputs.writeOutput({ name: 'html', path: target.trial }, project);
      if (problems.length > 0) return problems;
      spellAnchors(project);
      app.options.setValue('router', 'module');
      await app.outputs.writeOutput({ name: 'markdown', path: target.folder }, project);
    }
  }
  return problems;
}

/** Of the plugin that writes Markdown. */
const markdown = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  entryFileName: 'index',
  excludeScopesInPaths: true,
  useCodeBlocks: true,
} as Partial<TypeDocOptions>;

const everything = {
  notDocumented: true,
  notExported: true,
  invalidPath: true,
  rewrittenLink: true,
} as const;

/** Links from one package to another are known to be right, or wrong, only when all are there. */
function acrossPackages(areAllThere: boolean): TypeDocOptions['validation'] & object {
  return { invalidLink: areAllThere, unusedMergeModuleWith: areAllThere };
}

/** Modules are called what users import. TypeDoc calls `src/page/index.ts` page, and `src/index.ts` index. */
function nameModules(modules: readonly { name: string }[], entries: readonly Entry[], sources: string): void {
  if (entries.length === 1) return; // the package is the module
  for (const module of modules) {
    const entry = entries.find(
      ({ source }) =>
        normalizePath(relative(sources, source)).replace(/(?:\/index)?\.ts$/, '') === module.name,
    );
    if (entry) module.name = entry.name;
  }
}

async function start(options: Partial<TypeDocOptions>): Promise<{ app: Application; problems: string[] }> {
  // Without `linkify`, which takes SPEC.md for a host in Moldova.
  const app = await Application.bootstrapWithPlugins({
    ...options,
    markdownItOptions: { html: true, linkify: false },
  });
  const problems: string[] = [];
  app.logger = new Listener(problems);
  return { app, problems };
}

/** Members of a type without a name, such as `{ readonly href: string }`: what they are in says what they are. */
const ofNoName = /\.__type\b.* does not have any documentation$/;

/** Keeps what TypeDoc warns of, instead of printing it. */
class Listener extends Logger {
  readonly #problems: string[];

  constructor(problems: string[]) {
    super();
    this.#problems = problems;
  }

  override log(message: string, level: LogLevel): void {
    if (level < LogLevel.Warn || ofNoName.test(message)) return;
    this.#problems.push(message);
  }
}
