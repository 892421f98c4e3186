// SPDX-License-Identifier: Apache-2.0
// admin-token - the token that has to be shown to the admin interface, as its file has it

import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { ArgumentError } from '@mdp/protocol';
import { refuseReadableByOthers } from '@mdp/protocol/node';
import type { AdminSettings } from './admin-settings.js';
import { errorMessage } from './exit-codes.js';

/** What a token may be: it goes into a header as it is, and must not be guessed. */
const TOKEN = /^[\x21-\x7e]{16,1024}$/;
const ALLOWED = 'a file with a token: one line of 16 to 1,024 characters of ASCII, no spaces';

/** No file with a token and an end of the line is larger, in bytes. */
const MOST_BYTES = 1_026;

/** A pipe that nobody writes to would be waited for; Windows has none, nor this flag. */
const WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/**
 * Read the token that has to be shown.
 *
 * @returns `undefined` when none is asked for
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what is no file, cannot be read, can be read by others, or holds no
 * token; it does not show what the file holds
 */
export function readToken({ tokenFile, names }: AdminSettings): string | undefined {
  if (tokenFile === undefined) return undefined;
  let text: string;
  let file: Stats;
  try {
    [text, file] = readSmallFile(tokenFile);
  } catch (error) {
    throw new ArgumentError(names.token, tokenFile, `${ALLOWED}: ${errorMessage(error)}`);
  }
  const token = text.replace(/\r?\n$/, '');
  if (!TOKEN.test(token)) throw new ArgumentError(names.token, tokenFile, ALLOWED);
  refuseReadableByOthers(names.token, tokenFile, 'a file', file);
  return token;
}

/** The text of a file, and its mode and owner; of one that is too large, none. */
function readSmallFile(path: string): [text: string, file: Stats] {
  const opened = openSync(path, WITHOUT_WAITING);
  try {
    const file = fstatSync(opened);
    if (!file.isFile()) throw new Error('it is no regular file');
    return [file.size > MOST_BYTES ? '' : readFileSync(opened, 'utf8'), file];
  } finally {
    closeSync(opened);
  }
}
