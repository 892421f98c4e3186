// SPDX-License-Identifier: Apache-2.0
// full-screen - a terminal as a page that is drawn over and over, and is as it was before when it ends

import type { ReadStream, WriteStream } from 'node:tty';
import { useColour } from './terminal.js';
import type { LineStyle, ScreenLine, ScreenSize } from './top-screen.js';
import { CTRL_Z, readKeys } from './top-view.js';

/** Another page, without the cursor, and lines that are too long are cut off. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

/** What stands between is shown at once, by terminals that know it. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

const STYLES: Readonly<Record<LineStyle, string>> = {
  plain: '',
  strong: '\u001b[1m',
  title: '\u001b[7m',
  faint: '\u001b[2m',
  bad: '\u001b[31m',
};
const NO_STYLE = '\u001b[0m';

/** What a stopped process may take until it stands still. */
const STOP_MS = 200;

/** What a page is drawn on, and what its keys come from; without the second there are none. */
export interface Terminal {
  readonly output: Pick<WriteStream, 'write' | 'columns' | 'rows' | 'isTTY' | 'on' | 'off' | 'writableNeedDrain'>;
  readonly input:
    Pick<ReadStream, 'on' | 'off' | 'setRawMode' | 'resume' | 'pause' | 'setEncoding' | 'isTTY'> | undefined;
}

/** What happens at the terminal. */
export interface FullScreenEvents {
  /** A key, by the names of {@link readKeys}. */
  readonly onKey: (key: string) => void;
  /** The size is another, or the page is gone: draw it again. */
  readonly onRedraw: () => void;
}

/** The page. Whatever ends the process, the terminal is as it was before. */
export class FullScreen {
  readonly #terminal: Terminal;
  readonly #events: FullScreenEvents;
  readonly #colour: boolean;
  #entered = false;
  #closed = false;

  constructor(terminal: Terminal, events: FullScreenEvents) {
    this.#terminal = terminal;
    this.#events = events;
    this.#colour = useColour(terminal.output);
  }

  /** Take the terminal. */
  open(): void {
    const { input, output } = this.#terminal;
    output.on('resize', this.#events.onRedraw);
    input?.setEncoding('utf8');
    input?.on('data', this.#read);
    process.on('exit', this.#leave);
    process.on('SIGCONT', this.#enter);
    this.#enter();
  }

  /** How large it is now. */
  get size(): ScreenSize {
    const { columns, rows } = this.#terminal.output;
    // A terminal that does not tell its size says 0.
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
  }

  /** Draw it. A terminal that is too slow for what was drawn before is left in peace. */
  draw(lines: readonly ScreenLine[]): void {
    const { output } = this.#terminal;
    if (!this.#entered || output.writableNeedDrain) return;
    const drawn = lines.map(({ text, style }, nth) => {
      // Erased before, not behind: in the last column the cursor stands on what was written last.
      const place = `\u001b[${String(nth + 1)};1H\u001b[K`;
      const styled = style === 'plain' || !this.#mayStyle(style) ? text : `${STYLES[style]}${text}${NO_STYLE}`;
      return `${place}${styled}`;
    });
    output.write(`${BEGIN}${drawn.join('')}${END}`);
  }

  #mayStyle(style: LineStyle): boolean {
    return this.#colour || style !== 'bad';
  }

  readonly #enter = (): void => {
    if (this.#entered || this.#closed) return;
    this.#entered = true;
    this.#terminal.output.write(ENTER);
    this.#terminal.input?.setRawMode(true);
    this.#terminal.input?.resume();
    this.#events.onRedraw();
  };

  readonly #leave = (): void => {
    if (!this.#entered) return;
    this.#entered = false;
    this.#terminal.input?.setRawMode(false);
    this.#terminal.output.write(LEAVE);
  };

  readonly #read = (data: unknown): void => {
    for (const key of readKeys(String(data))) {
      if (key === CTRL_Z) this.#stop();
      else this.#events.onKey(key);
    }
  };

  /** As the terminal itself does where nobody reads its keys: the shell takes over until `fg`. */
  #stop(): void {
    if (process.platform === 'win32') return;
    this.#leave();
    process.kill(0, 'SIGTSTP');
    // Where there is no shell to take over nothing stops.
    setTimeout(this.#enter, STOP_MS);
  }

  /** Give the terminal back. */
  close(): void {
    if (this.#closed) return;
    this.#leave();
    this.#closed = true;
    const { input, output } = this.#terminal;
    input?.off('data', this.#read);
    input?.pause();
    output.off('resize', this.#events.onRedraw);
    process.off('exit', this.#leave);
    process.off('SIGCONT', this.#enter);
  }
}
