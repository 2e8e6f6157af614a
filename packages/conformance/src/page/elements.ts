type Attributes = Readonly<Record<string, string | boolean>>;

/** An element with attributes and children. Text is text: nothing that a backend says becomes markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** A field with its label. The label contains it, so that no id of the page around it can clash. */
export function labeled(text: string, field: HTMLElement, hint?: string): HTMLLabelElement {
  const about = hint === undefined ? [] : [element('small', {}, hint)];
  return element('label', {}, element('span', {}, text), field, ...about);
}
