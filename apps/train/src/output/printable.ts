/**
 * Text without characters that could control a terminal or are errors in XML: control characters, marks that change
 * the direction of writing, and halves of characters. Each appears as its number, `\x1b` or `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character: string) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** JSON in which such characters are escaped, as JSON allows: JSON.stringify leaves some of them as they are. */
export function printableJson(json: string): string {
  return json.replace(unprintableInJson, (character: string) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

// Controls; separators of lines; embeddings, overrides and isolates of direction; codes that are not characters (XML 1.0, 2.2).
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const unprintableInJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;
