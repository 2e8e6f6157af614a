import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export interface Block {
  /** The document, relative to the root of the workspace. */
  readonly file: string;
  /** The line of the opening fence, from 1. The code starts on the line after it. */
  readonly line: number;
  /** What follows the fence, such as `ts`. Empty for a block that does not say. */
  readonly language: string;
  readonly code: string;
}

/** The code blocks of a Markdown document, in order, those in lists and quotations included. */
export function codeBlocks(file: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let searched = 0;
  for (const token of codeTokens(markdown)) {
    const language = token.lang ?? '';
    const line = findFence(lines, searched, language);
    if (line === undefined) {
      const [start = ''] = token.text.split('\n');
      throw new Error(`${file}: write the code that starts with \`${start}\` between fences, not indented.`);
    }
    blocks.push({ file, line: line + 1, language, code: token.text });
    searched = line + token.text.split('\n').length + 2;
  }
  return blocks;
}

function codeTokens(markdown: string): Tokens.Code[] {
  const found: Tokens.Code[] = [];
  // walkTokens gives back what the callback returns; nothing here.
  void walkTokens(lexer(markdown), (token) => {
    if (isCode(token)) found.push(token);
  });
  return found;
}

function isCode(token: Token): token is Tokens.Code {
  return token.type === 'code';
}

/** The index of the next line that opens a block of this language, after a list's or a quotation's marks if any. */
function findFence(lines: readonly string[], from: number, language: string): number | undefined {
  const index = lines.findIndex((line, at) => {
    if (at < from) return false;
    const fence = /^(?:[\s>]|[-*+] |\d+[.)] )*(?:`{3,}|~{3,})(?<info>.*)$/.exec(line);
    return fence?.groups?.['info']?.trim() === language;
  });
  return index === -1 ? undefined : index;
}
