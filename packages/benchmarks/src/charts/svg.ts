// SPDX-License-Identifier: Apache-2.0
// svg - the few elements that a chart is drawn with, and colours for light and for dark pages

/** A part of a picture, as text. */
export type Svg = string;

/** How many colours there are for series. */
export const COLOURS = 9;

/** Colours that people who see few colours can tell apart, as far as nine can be, for a white page and for a dark one. */
const LIGHT = ['#d55e00', '#0072b2', '#6b6b6b', '#009e73', '#b8860b', '#cc79a7', '#7b4fb5', '#56b4e9', '#8c564b'];
const DARK = ['#ff8c42', '#5aa9e6', '#a8a8a8', '#3ddc97', '#f0c808', '#f29ac8', '#b794f6', '#9bdcff', '#d7a489'];

function colourRules(colours: readonly string[]): string {
  return colours.map((colour, i) => `.c${String(i)}{fill:${colour};stroke:${colour}}`).join('');
}

const STYLE = [
  'svg{font:12px system-ui,sans-serif}',
  '.page{fill:#fff}.text{fill:#1f2328}.faint{fill:#59636e}.grid{stroke:#d1d9e0}',
  colourRules(LIGHT),
  '@media(prefers-color-scheme:dark){',
  '.page{fill:#0d1117}.text{fill:#f0f6fc}.faint{fill:#9198a1}.grid{stroke:#3d444d}',
  colourRules(DARK),
  '}',
  'text,.bar{stroke:none}.line{fill:none;stroke-width:2}',
].join('');

/** A number in a picture: a tenth of a pixel is enough, and the same numbers give the same text. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text as it may stand in XML. */
export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** Which side of a text is at its place. */
export type Anchor = 'start' | 'middle' | 'end';

/** A line of text. */
export function label(x: number, y: number, text: string, anchor: Anchor = 'start', more = ''): Svg {
  const kind = more.includes('class=') ? '' : ' class="text"';
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${kind}${more === '' ? '' : ` ${more}`}>${escaped(text)}</text>`;
}

/** A line of the grid. */
export function gridLine(x1: number, y1: number, x2: number, y2: number): Svg {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="grid"/>`;
}

/**
 * A whole picture.
 *
 * @param title - what it shows, over the picture and for those who cannot see it
 */
export function picture(width: number, height: number, title: string, parts: readonly Svg[]): Svg {
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect width="100%" height="100%" class="page"/>`,
    label(16, 24, title, 'start', 'class="text" font-size="15" font-weight="600"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
