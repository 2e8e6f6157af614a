// Makes the WGSL in TypeScript's template literals shorter: no comments, no space that nobody needs, short names. So
// the sources may be read, and what is published is small.
//
// WGSL is what is in backquotes after the comment `wgsl`, and in the backquotes within its `${ }`; what is in quotes
// there is not. Pieces of one shader may lie in different files: a name gets the same short one in all of them.

const marker = '/* wgsl */ `';

/** Something that declares a name: functions, structures, variables; parameters and members, with their types. */
const declaration = /\b(?:fn|struct|let|var(?:<[^>]*>)?|const)\s+(\w+)|\b(\w+)\s*:/g;

/** Names of components are everyone's. */
const swizzle = /^(?:[xyzw]{1,4}|[rgba]{1,4})$/;

/** Not attributes, and not the ends of numbers. */
const word = /(?<![\w@])[a-z_]\w*/gi;

/** @param sources all files that have WGSL, which may declare what others use */
export function wgslMinifier(sources: readonly string[]): (source: string) => string {
  const chunks: string[] = [];
  const collect = (chunk: string): string => {
    chunks.push(withoutComments(chunk));
    return chunk;
  };
  for (const source of sources) rewrite(source, collect);
  const names = shortNames(chunks);
  const shorten = (chunk: string): string =>
    withoutSpace(withoutComments(chunk)).replaceAll(word, (name) => names.get(name) ?? name);
  return (source) => rewrite(source, shorten);
}

/** Which name is replaced by which: the most frequent ones by the shortest that nobody has. */
function shortNames(chunks: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const declared = new Set<string>();
  for (const chunk of chunks) {
    for (const [name] of chunk.matchAll(word)) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const [, plain, typed] of chunk.matchAll(declaration)) declared.add(plain ?? typed ?? '');
  }
  // A name that goes on in `${ }` is not known as a whole.
  for (const chunk of chunks) declared.delete(/\w+$/.exec(chunk)?.[0] ?? '');
  const long = [...declared].filter((name) => name.length > 1 && counts.has(name));
  const components = long.filter((name) => swizzle.test(name));
  if (components.length > 0) throw new Error(`WGSL has components of these names: ${components.join()}`);
  const free = candidates().filter((name) => !counts.has(name));
  const order = long.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  return new Map(order.map((name, index) => [name, free[index] ?? name]));
}

/** One letter, then a letter and a digit: none of them means anything in WGSL. */
function candidates(): readonly string[] {
  const small = Array.from('abcdefghijklmnopqrstuvwxyz');
  const letters = [...small, ...small.map((letter) => letter.toUpperCase())].filter(
    (letter) => !swizzle.test(letter),
  );
  return [...letters, ...letters.flatMap((letter) => Array.from('0123456789', (digit) => letter + digit))];
}

function withoutComments(chunk: string): string {
  const last = chunk.slice(chunk.lastIndexOf('\n') + 1);
  if (last.includes('//') || chunk.includes('\\')) throw new Error(`WGSL cannot be minified: ${chunk}`);
  return chunk.replaceAll(/\/\/.*/g, '');
}

/** Between words a space is needed, and between signs that would be another one together. */
function withoutSpace(chunk: string): string {
  const isWord = (letter: string | undefined): boolean => letter === undefined || /\w/.test(letter);
  const isOperator = (letter = ''): boolean => /[-+*/%&|^<>=!]/.test(letter);
  const spaced = chunk.replaceAll(/\s+/g, ' ');
  return spaced.replaceAll(' ', (_, at: number) => {
    const [before, after] = [spaced[at - 1], spaced[at + 1]];
    const isNeeded = (isWord(before) && isWord(after)) || (isOperator(before) && isOperator(after));
    return isNeeded ? ' ' : '';
  });
}

/** The source, with what `change` makes of every chunk of WGSL. */
function rewrite(source: string, change: (chunk: string) => string): string {
  let rewritten = '';
  let rest = source;
  for (let at = rest.indexOf(marker); at >= 0; at = rest.indexOf(marker)) {
    const template = readTemplate(rest.slice(at + marker.length), change);
    rewritten += `${rest.slice(0, at)}\`${template.text}`;
    rest = template.rest;
  }
  return rewritten + rest;
}

interface Read {
  /** What was read, changed. */
  readonly text: string;
  readonly rest: string;
}

/** From after the opening backquote. */
function readTemplate(source: string, change: (chunk: string) => string): Read {
  const end = source.search(/`|\$\{/);
  const chunk = change(source.slice(0, end));
  if (source[end] === '`') return { text: `${chunk}\``, rest: source.slice(end + 1) };
  const hole = readHole(source.slice(end + 2), change);
  const after = readTemplate(hole.rest, change);
  return { text: `${chunk}\${${hole.text}${after.text}`, rest: after.rest };
}

/** From after `${`. */
function readHole(source: string, change: (chunk: string) => string): Read {
  let text = '';
  let rest = source;
  for (let depth = 1; depth > 0;) {
    const [token = ''] = /^(?:'[^']*'|"[^"]*"|[^])/.exec(rest) ?? [];
    if (token === '') throw new Error('A template literal has no end');
    text += token;
    rest = rest.slice(token.length);
    if (token === '{') depth++;
    if (token === '}') depth--;
    if (token === '`') {
      const template = readTemplate(rest, change);
      text += template.text;
      rest = template.rest;
    }
  }
  return { text, rest };
}
