import type { MarkdownRenderer } from 'vitepress';

/** A word of so many characters fits on a line of a phone, and in a table. */
const shortWord = 20;

/** Dates, numbers such as 1e-4 and 47 000: a line that ends inside of one is hard to read. */
export const figure: RegExp = /\b(?:\d{4}-\d\d-\d\d|\d+(?:\.\d+)?e-\d+|\d{1,3}(?: \d{3})+)\b/g;

/** Lines do not end after the hyphens of an option, inside a short word of code, or inside a figure. */
export function keepTogether({ renderer, utils }: MarkdownRenderer): void {
  const renderCode = renderer.rules.code_inline;
  renderer.rules.code_inline = (tokens, index, ...rest) => {
    const { content = '' } = tokens[index] ?? {};
    const html = renderCode?.(tokens, index, ...rest) ?? '';
    return html.replace(/(<code[^>]*>)[^]*(<\/code>)/, (_, open: string, close: string) => {
      const words = content.split(' ').map((word) => wordOf(word, utils.escapeHtml));
      return `${open}${words.join(' ')}${close}`;
    });
  };
  renderer.rules.text = (tokens, index) =>
    utils.escapeHtml(tokens[index]?.content ?? '').replaceAll(figure, '<span class="whole">$&</span>');
}

/** A long word may break where code has a joint. */
function wordOf(word: string, escape: (text: string) => string): string {
  if (word.length <= shortWord) return `<span class="whole">${escape(word)}</span>`;
  return word
    .split(/(?<=[.(/,])/)
    .map(escape)
    .join('<wbr>');
}
