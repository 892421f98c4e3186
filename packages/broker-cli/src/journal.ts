// SPDX-License-Identifier: Apache-2.0
// journal - lines for systemd's journal, which has the time itself and reads from each line how bad it is

import { fstatSync } from 'node:fs';
import type { LogLevel } from './log-levels.js';
import type { Environment } from './variables.js';
import { variable } from './variables.js';

/** The priorities of syslog(3), by which `journalctl --priority` chooses; there is none between info and debug. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, verbose: 7, debug: 7 };

/** Which file a descriptor is. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Whether stderr goes straight to the journal: systemd names the file that it has given a service in `JOURNAL_STREAM`, and the
 * variable outlives a redirection.
 *
 * @param stderr - asks which file it is; may throw when it is closed
 */
export function goesToJournal(
  env: Environment,
  stderr: () => FileIdentity = () => fstatSync(2, { bigint: true }),
): boolean {
  const named = variable(env, 'JOURNAL_STREAM');
  if (named === undefined) return false;
  try {
    const { dev, ino } = stderr();
    return named === `${String(dev)}:${String(ino)}`;
  } catch {
    return false;
  }
}

/** Text as the journal takes it: each line begins with its priority, `<3>` for an error, which the journal takes off again. */
export function journalText(level: LogLevel, text: string): string {
  return text.replaceAll(/^/gm, `<${String(PRIORITIES[level])}>`);
}
