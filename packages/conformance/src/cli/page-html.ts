/** What a page is made of. URLs are relative to it, so that it can be put anywhere. */
export interface PageParts {
  /** By name what modules may import. */
  readonly imports: Readonly<Record<string, string>>;
  /** The URL of the page's program. */
  readonly program: string;
  /** Where relative URLs of modules start. */
  readonly modules: string;
}

/** The page as HTML. */
export function pageHtml({ imports, program, modules }: PageParts): string {
  // In a script, `<` could end it.
  const map = JSON.stringify({ imports }, null, 2).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="asgd-modules" content="${escape(modules)}">
<title>Conformance of a backend of @asgd/core</title>
<link rel="icon" href="data:,">
<style>body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }</style>
<script type="importmap">
${map}
</script>
<script type="module" src="${escape(program)}"></script>
</head>
<body>
<h1>Does this backend compute averaged SGD?</h1>
<main><noscript>The suite is a program: this page needs JavaScript.</noscript></main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
