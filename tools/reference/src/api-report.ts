import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import {
  ConsoleMessageId,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor';
import { type Entry, type Published, root } from './published.ts';

/** How reports are treated: `'check'` compares them, `'update'` writes them. */
export type Mode = 'check' | 'update';

/**
 * Holds the reports on what a package exports, one for each entry, against what its built declarations say.
 * @returns what is wrong, and what to do; after an update, only what cannot be reported on
 */
export async function reviewReports({ folder, entries }: Published, mode: Mode): Promise<string[]> {
  const problems: string[] = [];
  for (const entry of entries) problems.push(...(await reviewReport(entry, folder, mode)));
  const expected = new Set(entries.map(({ report }) => report));
  for (const name of globSync('etc/*.api.md', { cwd: folder })) {
    const report = join(folder, name);
    if (expected.has(report)) continue;
    if (mode === 'update') await rm(report);
    else problems.push(`${relative(root, report)} is a report on an entry that is gone.`);
  }
  return problems;
}

async function reviewReport(entry: Entry, folder: string, mode: Mode): Promise<string[]> {
  const { name, declarations, report } = entry;
  if (!existsSync(declarations)) {
    return [`${name} has no declarations in ${relative(root, declarations)}: run \`npm run build\`.`];
  }
  const scratch = await mkdtemp(join(tmpdir(), 'asgd-api-'));
  try {
    await mkdir(dirname(report), { recursive: true });
    const messages: ExtractorMessage[] = [];
    const { apiReportChanged } = Extractor.invoke(configure(entry, folder, scratch), {
      localBuild: mode === 'update',
      printApiReportDiff: mode === 'check',
      messageCallback(message) {
        message.handled = true; // instead of printing it
        messages.push(message);
      },
    });
    const problems = messages
      .filter(({ logLevel }) => logLevel === ExtractorLogLevel.Error)
      .map(({ text }) => `${name}: ${text}`);
    if (mode === 'check' && apiReportChanged) {
      const state = existsSync(report) ? 'out of date' : 'missing';
      const difference = messages.find(({ messageId }) => messageId === differenceId)?.text;
      const summary = `${relative(root, report)} is ${state}: what ${name} exports has changed.`;
      problems.push(difference === undefined ? summary : `${summary}\n${difference}`);
    }
    return problems;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function configure(entry: Entry, folder: string, scratch: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: entry.declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [entry.declarations] } },
      apiReport: {
        enabled: true,
        reportFolder: dirname(entry.report),
        reportTempFolder: scratch,
        reportFileName: basename(entry.report, '.api.md'),
        // What a signature names is part of the surface, exported or not.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      // Doc comments are the reference's to check. And a message in a report would name a line of a built file, whose
      // name may hold a hash.
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

const differenceId: string = ConsoleMessageId.ApiReportDiff;

/** As a user of current TypeScript has them. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'dom'],
  types: [],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: true, // packaging checks the declarations
  exactOptionalPropertyTypes: true,
};
