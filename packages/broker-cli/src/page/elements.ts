// SPDX-License-Identifier: Apache-2.0
// elements - makes parts of the page; whatever is shown becomes text, never markup

/** What an element is made with. */
export interface Look {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Make an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  look: Look = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (look.class !== undefined) element.className = look.class;
  if (look.text !== undefined) element.textContent = look.text;
  if (look.title !== undefined) element.title = look.title;
  for (const [name, value] of Object.entries(look.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Make a part of a drawing. */
export function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Change a text, if it is another one: what is selected in it would be lost. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * An element of the page's file.
 *
 * @throws Error when the file has none
 */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}
