/** What Node's `node:fs/promises` is needed for. Its own types would reach the packages that import this file. */
interface Files {
  mkdir(path: string, options: { readonly recursive: true }): Promise<unknown>;
  writeFile(path: string, text: string): Promise<void>;
}

/**
 * Writes what tests have to show into the folder `reports` of the package that they belong to, from Node or from a
 * browser. The name of the file says where they ran: `webgpu-node.json`, `webgpu-chromium.json`, and
 * `webgpu-chromium-isolated.json` where the page is cross-origin isolated.
 * @param folder inside of `reports`
 */
export async function writeReport(folder: string, name: string, report: object): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const path = `reports/${folder}/${name}-${whereTestsRun()}.json`;
  if (isInPage()) {
    const { commands } = await import('vitest/browser');
    await commands.writeFile(path, text);
  } else {
    const fs = 'node:fs/promises';
    const { mkdir, writeFile } = (await import(/* @vite-ignore */ fs)) as Files;
    await mkdir(`reports/${folder}`, { recursive: true });
    await writeFile(path, text);
  }
}

function whereTestsRun(): string {
  if (!isInPage()) return 'node';
  return globalThis.crossOriginIsolated ? 'chromium-isolated' : 'chromium';
}

function isInPage(): boolean {
  return 'document' in globalThis;
}
