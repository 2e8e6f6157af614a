import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, launch, type Page } from '@asgd/browser';
import { onTestFinished } from 'vitest';
import { serve } from '../serve/server.ts';

/** What `npm run build` made; turbo builds it before these tests. */
export const folder: string = join(import.meta.dirname, '..', 'dist');

/** The paths of all pages, such as `guides/errors.html`. */
export const pages: readonly string[] = globSync('**/*.html', { cwd: folder }).toSorted();

export const htmlOf = (page: string): string => readFileSync(join(folder, page), 'utf8');

export interface Visit {
  readonly page: Page;
  /** What the page reported as wrong. */
  readonly failures: string[];
}

/** A browser on a server of its own. Tests that run at the same time give `open` what their contexts have. */
export async function visitor(options: { readonly isolated?: boolean } = {}): Promise<{
  open(
    path: string,
    prepare?: (page: Page) => Promise<unknown>,
    onFinished?: typeof onTestFinished,
  ): Promise<Visit>;
  close(): Promise<void>;
}> {
  const site = await serve({ folder, ...options });
  const browser: Browser = await launch();
  return {
    async open(path, prepare, onFinished = onTestFinished) {
      const page = await browser.newPage();
      onFinished(() => page.close());
      page.setDefaultTimeout(0); // how long a page takes is for the test to limit
      const failures: string[] = [];
      page.on('pageerror', (error) => failures.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') failures.push(message.text());
      });
      await prepare?.(page);
      await page.goto(site.url + path, { waitUntil: 'networkidle' });
      return { page, failures };
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}
