/** Reasons, numbered as they come up, so that a table's cells stay narrow. */
export class Footnotes {
  readonly #texts: string[] = [];

  /** The mark that stands for a text: the same for the same text. */
  mark(text: string): string {
    const known = this.#texts.indexOf(text);
    return `[${known < 0 ? this.#texts.push(text) : known + 1}]`;
  }

  lines(): string[] {
    return this.#texts.map((text, index) => `[${index + 1}] ${text}`);
  }
}
