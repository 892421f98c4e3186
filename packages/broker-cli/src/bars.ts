// SPDX-License-Identifier: Apache-2.0
// bars - figures as blocks in a line of text: bars and sparklines

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * A bar that grows to the right, by eighths of a character.
 *
 * @param share - of the full length, from 0 to 1
 * @param width - the full length, in characters
 * @returns not filled up; anything above 0 shows
 */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const shown = share > 0 ? Math.max(1, eighths) : eighths;
  return `${'█'.repeat(Math.floor(shown / 8))}${EIGHTHS[shown % 8] ?? ''}`;
}

/**
 * A chart in one line, each character a value, the last one to the right.
 *
 * @param values - not below 0; `undefined` where there was none, which leaves a blank
 * @param width - in characters; of more values the last ones are shown, fewer stand to the right
 * @returns as wide as asked; the greatest value shown has the full height, and only 0 has none
 */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  if (width <= 0) return '';
  const shown = values.slice(-width);
  const most = Math.max(0, ...shown.map((value) => value ?? 0));
  const text = shown.map((value) => {
    if (value === undefined) return ' ';
    if (value <= 0) return LEVELS[0];
    // Only nothing looks like nothing.
    return LEVELS[Math.min(7, 1 + Math.floor((value / most) * 6.999))];
  });
  return text.join('').padStart(width);
}
