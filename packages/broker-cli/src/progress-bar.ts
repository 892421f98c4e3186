// SPDX-License-Identifier: Apache-2.0
// progress-bar - one line on a terminal that says how much is done, and goes away

import { bar } from './bars.js';
import type { LineStream } from './waiting-line.js';

const EVERY_MS = 100;

const WIDTH = 24;

const ERASE = '\r\u001b[K';

/** How far it has come. */
export interface Progress {
  /** From 0 to 1. */
  readonly share: number;
  /** What else there is to say, the most important first; what does not fit is left out. */
  readonly words: readonly string[];
}

/** Shows progress, ten times a second. On anything but a terminal it is silent. */
export class ProgressBar {
  readonly #stream: LineStream & { readonly columns?: number };
  readonly #progress: () => Progress;
  readonly #timer: NodeJS.Timeout | undefined;
  #shown = false;

  /**
   * @param stream - where it is shown
   * @param progress - asked each time
   */
  constructor(stream: LineStream & { readonly columns?: number }, progress: () => Progress) {
    this.#stream = stream;
    this.#progress = progress;
    if (stream.isTTY) this.#timer = setInterval(this.#show, EVERY_MS);
  }

  readonly #show = (): void => {
    // In the last column some terminals begin another line.
    this.#stream.write(`${ERASE}${progressLine(this.#progress(), (this.#stream.columns ?? 80) - 1)}`);
    this.#shown = true;
  };

  /** Take it away. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#shown) this.#stream.write(ERASE);
    this.#shown = false;
  }
}

/**
 * The line without its end.
 *
 * @param columns - how long it may be
 */
export function progressLine({ share, words }: Progress, columns: number): string {
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  let line = `${bar(share, WIDTH).padEnd(WIDTH, '░')} ${percent}`;
  // Where there is no room for a bar, the number is.
  if (line.length > columns) return percent.trim().slice(0, Math.max(0, columns));
  for (const word of words) {
    if (line.length + word.length + 2 > columns) break;
    line += `  ${word}`;
  }
  return line;
}
