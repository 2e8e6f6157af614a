/** A key that occurs twice in an object of valid JSON. JSON.parse would keep only the last. */
export function findDuplicateKey(json: string): string | undefined {
  /** The keys of the objects that are open; `null` for an array. */
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') {
      isKey = character === '{';
      open.push(isKey ? new Set() : null);
    } else if (character === '}' || character === ']') {
      open.pop();
      isKey = false;
    } else if (character === ',') {
      isKey = open.at(-1) instanceof Set;
    } else if (character === '"') {
      const start = at;
      at = endOfText(json, at);
      if (!isKey) continue;
      isKey = false;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Where the text that begins at `start` has its closing quotation mark. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
