// SPDX-License-Identifier: Apache-2.0
// display-width - how many columns of a terminal a text takes, and texts made to fit

const CHARACTERS = new Intl.Segmenter();

/** Drawn two columns wide: East Asian scripts, full-width forms, most pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u;

/** Drawn over the one before, or not at all. */
const NOTHING = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]+$/u;

const PLAIN = /^[\x20-\x7e]*$/;

function widthOfCharacter(character: string): number {
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The columns that a text takes. It must have nothing in it that moves the cursor. Terminals differ in rare characters. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of CHARACTERS.segment(text)) width += widthOfCharacter(segment);
  return width;
}

/**
 * A text of exactly so many columns: filled up with blanks, or cut, with `…` at its end.
 *
 * @param side - where the text stands; default left
 */
export function fit(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const room = Math.max(0, columns);
  const width = displayWidth(text);
  const shown = width > room ? cut(text, room) : text;
  const blanks = ' '.repeat(Math.max(0, room - displayWidth(shown)));
  return side === 'left' ? `${shown}${blanks}` : `${blanks}${shown}`;
}

/** No more than so many columns of a text. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 0) return '';
  let shown = '';
  let width = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    width += widthOfCharacter(segment);
    if (width > columns - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}
