const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Text for XML: error messages and names come from other people's code and may contain anything. */
export function escapeXml(text: string): string {
  return Array.from(
    text,
    (character) => entities[character] ?? (isPrintable(character) ? character : '?'),
  ).join('');
}

/** The only characters that XML 1.0 can hold, even escaped (its production Char). */
function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x1_0000;
}
