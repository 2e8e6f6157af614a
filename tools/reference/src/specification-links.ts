import { type CommentDisplayPart, normalizePath, type ProjectReflection } from 'typedoc';

/** How doc comments name a section of the specification: `(SPEC.md, State dictionary)`. */
const mention = /(?<=\()SPEC\.md, (?<section>[A-Z][a-z ]+)(?=\))/g;

/**
 * Makes links of what doc comments say of the specification's sections. That each leads to a section TypeDoc checks
 * when it writes the page.
 * @param specification the path of SPEC.md
 */
export function linkSections(project: ProjectReflection, specification: string): void {
  const linked = (parts: readonly CommentDisplayPart[]): CommentDisplayPart[] =>
    parts.flatMap((part) => (part.kind === 'text' ? split(part.text, project, specification) : [part]));
  for (const { comment } of Object.values(project.reflections)) {
    if (!comment) continue;
    comment.summary = linked(comment.summary);
    for (const tag of comment.blockTags) tag.content = linked(tag.content);
  }
}

/**
 * Writes the anchors of links to documents as text behind the link's target: the Markdown plugin (4.14) leaves them out.
 * For what is written as Markdown only, because HTML would have them twice.
 */
export function spellAnchors(project: ProjectReflection): void {
  const spelled = (parts: readonly CommentDisplayPart[]): CommentDisplayPart[] =>
    parts.flatMap((part) => {
      const isPage =
        part.kind === 'relative-link' &&
        part.targetAnchor !== undefined &&
        part.target !== undefined &&
        typeof project.files.resolve(part.target, project) === 'object';
      return isPage ? [part, { kind: 'text', text: `#${part.targetAnchor}` }] : [part];
    });
  for (const reflection of [project, ...Object.values(project.reflections)]) {
    const { comment } = reflection;
    if (comment) {
      comment.summary = spelled(comment.summary);
      for (const tag of comment.blockTags) tag.content = spelled(tag.content);
    }
    if ((reflection.isProject() || reflection.isDeclaration()) && reflection.readme) {
      reflection.readme = spelled(reflection.readme);
    }
    if (reflection.isDocument()) reflection.content = spelled(reflection.content);
  }
}

function split(text: string, project: ProjectReflection, specification: string): CommentDisplayPart[] {
  const parts: CommentDisplayPart[] = [];
  let end = 0;
  for (const { 0: words, index, groups } of text.matchAll(mention)) {
    const anchor = (groups?.['section'] ?? '').toLowerCase().replaceAll(' ', '-');
    const { target } = project.files.registerAbsolute(normalizePath(specification));
    parts.push(
      { kind: 'text', text: `${text.slice(end, index)}[${words}](` },
      { kind: 'relative-link', text: `SPEC.md#${anchor}`, target, targetAnchor: anchor },
      { kind: 'text', text: ')' },
    );
    end = index + words.length;
  }
  return [...parts, { kind: 'text', text: text.slice(end) }];
}
