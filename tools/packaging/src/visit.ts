import type { Browser, Page } from '@asgd/browser';

/** Where a program runs: on the page, in a worker that the page starts, or on the server that the page asks. */
export type Place = 'page' | 'worker' | 'server';

/** Opens a page and returns the report of its program. Fails with all that the page complained of. */
export async function visit(browser: Browser, url: string, place: Place): Promise<unknown> {
  const page = await browser.newPage();
  const complaints = listen(page);
  try {
    const failure = new Promise<never>((_, reject) => {
      page.once('pageerror', reject);
      // Then a program never starts. Vite's 504 is another matter: it loads the page again.
      page.on('response', (response) => {
        const isLost =
          [404, 500].includes(response.status()) && response.request().resourceType() === 'script';
        if (isLost) reject(new Error(`${response.status()} ${response.url()}`));
      });
    });
    return await Promise.race([failure, askFor(page, url, place)]);
  } catch (error) {
    const said = [...new Set([String(error), ...complaints])].join('\n');
    throw new Error(`${url} did not report from its ${place}:\n${said}`, { cause: error });
  } finally {
    await page.close();
  }
}

async function askFor(page: Page, url: string, place: Place): Promise<unknown> {
  page.setDefaultTimeout(0); // how long a page takes is for the test to limit
  await page.goto(url);
  for (;;) {
    await page.waitForFunction('globalThis.reports');
    try {
      return await page.evaluate(`reports.${place}()`);
    } catch (error) {
      // Vite loads the page again when it has found more to bundle, and then the program starts anew.
      if (!(error instanceof Error && error.message.includes('Execution context was destroyed'))) throw error;
    }
  }
}

function listen(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return complaints;
}
