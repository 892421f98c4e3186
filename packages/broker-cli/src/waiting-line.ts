// SPDX-License-Identifier: Apache-2.0
// waiting-line - one line on a terminal that says that something is being waited for, and goes away

import { counted } from './counted.js';
import { formatElapsed } from './durations.js';

/** Who waits for less has no need of it. */
const BEGINS_AFTER_MS = 500;

const EVERY_MS = 100;

const SIGNS = ['|', '/', '-', '\\'];

const ERASE = '\r\u001b[K';

/** Where it is written. */
export type LineStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** Says how long it has been, and what has come. On anything but a terminal it is silent. */
export class WaitingLine {
  readonly #stream: LineStream;
  readonly #since = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #parts = 0;
  #shown = false;

  constructor(stream: LineStream) {
    this.#stream = stream;
    if (stream.isTTY) this.#timer = setInterval(this.#show, EVERY_MS);
  }

  /** One part more has come. */
  part(): void {
    this.#parts += 1;
  }

  readonly #show = (): void => {
    const ms = performance.now() - this.#since;
    if (ms < BEGINS_AFTER_MS) return;
    const sign = SIGNS[Math.floor(ms / EVERY_MS) % SIGNS.length] as string;
    const came = this.#parts === 0 ? 'waiting' : counted(this.#parts, 'part');
    this.#stream.write(`${ERASE}${sign} ${came}, ${formatElapsed(ms)}`);
    this.#shown = true;
  };

  /** Take it away, before anything else is written to the same terminal. It comes back by itself. */
  clear(): void {
    if (this.#shown) this.#stream.write(ERASE);
    this.#shown = false;
  }

  /** Take it away for good. */
  close(): void {
    clearInterval(this.#timer);
    this.clear();
  }
}
