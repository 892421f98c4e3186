// SPDX-License-Identifier: Apache-2.0
// printable - text from elsewhere, made safe for a terminal and for one line of a log

import type { Frame } from '@mdp/protocol';
import { text } from '@mdp/protocol';

/** Marks that are drawn over the letter before. */
const MARK = '[\\u0300-\\u036f\\u0483-\\u0489\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]';

const UNSAFE = new RegExp(
  [
    // C0, DEL, C1, line and paragraph separators, zero-width and reordering marks, the byte order mark.
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/,
    // What is not seen at all, so that two names look like one: soft hyphen, fillers, annotations, variants but those of emoji, tags.
    /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0d\uffa0\ufff9-\ufffb]/,
    /\udb40(?=[\udc00-\udc7f\udd00-\uddef])|(?<=\udb40)[\udc00-\udc7f\udd00-\uddef]/,
    // More marks over one letter than any language has: they are drawn over the lines above and below.
    new RegExp(`(?<=${MARK}{4})${MARK}`),
    // Lone surrogates.
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Make text safe to show: whatever could move the cursor, end the line, reorder it or hide in it becomes `\uXXXX`.
 *
 * @param given - anything, of a peer or a file
 * @param maxLength - the rest is replaced with `…`. Default 200
 */
export function printable(given: string, maxLength = 200): string {
  const short = given.length > maxLength ? `${given.slice(0, maxLength)}…` : given;
  return short.replace(UNSAFE, escape);
}

/** A text of any length and of many lines, made safe for a terminal: line ends and tabs stay. */
export function showText(given: string): string {
  return given.replace(UNSAFE, (unit) => (unit === '\n' || unit === '\t' ? unit : escape(unit)));
}

/** {@link printable} in double quotes, with quotes and backslashes escaped: where it begins and ends is certain. */
export function quoted(given: string, maxLength = 200): string {
  const short = given.length > maxLength ? `${given.slice(0, maxLength)}…` : given;
  return `"${short.replace(/["\\]/g, '\\$&').replace(UNSAFE, escape)}"`;
}

/**
 * A frame for people: as quoted text when it is UTF-8, else its length and its first bytes in hexadecimal.
 *
 * @param frame - a body frame
 */
export function showFrame(frame: Frame): string {
  const words = text(frame);
  if (words !== undefined) return quoted(words);
  const hex = Buffer.from(frame.subarray(0, 32)).toString('hex');
  return `${String(frame.length)} bytes 0x${hex}${frame.length > 32 ? '…' : ''}`;
}

/** Escape what JSON itself leaves as it is in a finished JSON text; it can only stand inside of strings there. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, escape);
}
