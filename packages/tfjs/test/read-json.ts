/** Reads a JSON file, in Node or from the page's server. @param path relative to this file */
export async function readJson<Content>(path: string): Promise<Content> {
  const url = new URL(path, import.meta.url);
  const text = 'document' in globalThis ? await (await fetch(url)).text() : await readFile(url);
  return JSON.parse(text) as Content;
}

async function readFile(url: URL): Promise<string> {
  const fs = await import(/* @vite-ignore */ 'node:fs/promises');
  return fs.readFile(url, 'utf8');
}
