// SPDX-License-Identifier: Apache-2.0
// logger - winston on stderr: aligned text for people, or one JSON object a line

import type { Writable } from 'node:stream';
import type { Logger } from 'winston';
import { createLogger, format, transports } from 'winston';
import { goesToJournal, journalText } from './journal.js';
import type { LogFormat, LogLevel } from './log-levels.js';
import { LOG_LEVELS, LogThreshold } from './log-levels.js';
import { printableJson } from './printable.js';
import { useColour } from './terminal.js';

/** Fields that machines read; the text form leaves them out, because the message says them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What this program logs to. Messages are functions where they cost something: they run only if the level is on. */
export interface Log {
  /** Whether a level is on. */
  enabled(level: LogLevel): boolean;
  /**
   * Log one line.
   *
   * @param event - what happened, as a word that does not change, for machines
   * @param message - for people; whatever comes from elsewhere in it has gone through `printable`
   */
  log(level: LogLevel, event: string, message: string | (() => string), fields?: LogFields): void;
  /** Wait until everything is written. */
  close(): Promise<void>;
}

/** How to log. */
export interface LogOptions {
  /** One that changes is asked for each line. */
  readonly level: LogLevel | LogThreshold;
  readonly format: LogFormat;
  /** Where to. Default `process.stderr`. */
  readonly stream?: Writable & { readonly isTTY?: boolean };
  /** Whether that is systemd's journal. Default: whether stderr is, where no stream is given. */
  readonly journal?: boolean;
}

const LEVELS = Object.fromEntries(LOG_LEVELS.map((level, i) => [level, i]));
const WIDTH = Math.max(...LOG_LEVELS.map((level) => level.length));

const DIM = '\u001b[2m';
const RESET = '\u001b[0m';
const COLOURS: Readonly<Record<string, string>> = {
  error: '\u001b[31m',
  warn: '\u001b[33m',
  info: '\u001b[32m',
  verbose: '\u001b[36m',
  debug: '\u001b[35m',
};

/** `14:05:09.123`, in local time. */
function clockTime(time: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/** Where the log goes, as far as its text is another one there. */
type Target = 'terminal' | 'journal' | 'file';

/** Text for people: on a terminal the time of day and colours, in the journal no time, elsewhere the full time in UTC. */
function textLine(level: string, message: string, target: Target): string {
  const time = new Date();
  const label = level.padEnd(WIDTH);
  const stamp = { terminal: clockTime(time), journal: '', file: time.toISOString() }[target];
  const start = stamp === '' ? 0 : stamp.length + 1;
  const indented = message.replaceAll('\n', `\n${' '.repeat(start + WIDTH + 1)}`);
  if (target !== 'terminal') return `${stamp.padEnd(start)}${label} ${indented}`;
  return `${DIM}${stamp}${RESET} ${COLOURS[level] ?? ''}${label}${RESET} ${indented}`;
}

function jsonLine(info: Record<string, unknown>): string {
  const { level, message, event, ...fields } = info;
  return printableJson(JSON.stringify({ time: new Date().toISOString(), level, event, message, ...fields }));
}

/** Make a log. */
export function openLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stderr;
  const isTTY = options.stream === undefined ? useColour(process.stderr) : options.stream.isTTY === true;
  const journal = options.journal ?? (options.stream === undefined && goesToJournal(process.env));
  const target = journal ? 'journal' : isTTY ? 'terminal' : 'file';
  const line = format.printf((info) => {
    const text = options.format === 'json' ? jsonLine(info) : textLine(info.level, String(info.message), target);
    return journal ? journalText(info.level as LogLevel, text) : text;
  });
  const logger: Logger = createLogger({
    levels: LEVELS,
    // What is wanted is decided below, line by line.
    level: 'debug' satisfies LogLevel,
    format: line,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types its classes so
    transports: new transports.Stream({ stream, eol: '\n' }),
  });
  const threshold = typeof options.level === 'string' ? new LogThreshold(options.level) : options.level;
  return {
    enabled: (level) => threshold.passes(level),
    log(level, event, message, fields = {}) {
      if (!threshold.passes(level)) return;
      const text = typeof message === 'function' ? message() : message;
      logger.log({ ...fields, level, event, message: text });
    },
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve);
        logger.end();
      }),
  };
}
