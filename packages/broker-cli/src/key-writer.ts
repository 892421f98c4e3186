// SPDX-License-Identifier: Apache-2.0
// key-writer - writes key pairs as files: all of them or none, and none over another one

import { closeSync, constants, fchmodSync, lstatSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { formatKeyFile } from '@mdp/protocol/internal';
import { generateKeyPair } from '@mdp/protocol/node';
import { UsageError, errorCode, errorMessage } from './exit-codes.js';
import { quoted } from './printable.js';

/** A key pair that was written. */
export interface WrittenPair {
  readonly name: string;
  readonly publicFile: string;
  readonly secretFile: string;
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Made anew, and by nobody else in between; nothing is written through a link. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/**
 * Make a key pair for each name, and write `NAME.key` (readable by all) and `NAME.key_secret` (by its owner only).
 *
 * @param folder - where; empty for the working directory. It is made, for its owner only, when there is none
 * @param expires - what is written into the public files: until when they are good
 * @throws {@link UsageError} that names the file which exists or cannot be written; none is left behind then
 */
export function writeKeyPairs(folder: string, names: readonly string[], expires: string | undefined): WrittenPair[] {
  const pairs = names.map((name) => ({
    name,
    publicFile: join(folder, `${name}.key`),
    secretFile: join(folder, `${name}.key_secret`),
  }));
  const files = pairs.flatMap(({ name, publicFile, secretFile }): NewFile[] => {
    const keys = generateKeyPair();
    const shown = { publicKey: keys.publicKey, name, ...(expires === undefined ? {} : { expires }) };
    return [
      { path: publicFile, text: formatKeyFile(shown), mode: 0o644 },
      { path: secretFile, text: formatKeyFile({ ...keys, name }), mode: 0o600 },
    ];
  });
  for (const { path } of files) {
    if (exists(path)) throw taken(path);
  }
  if (folder !== '') makeFolder(folder);
  const written: string[] = [];
  try {
    for (const file of files) {
      writeNew(file);
      written.push(file.path);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw error;
  }
  return pairs;
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw unwritable(path, error);
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function writeNew({ path, text, mode }: NewFile): void {
  let file: number;
  try {
    file = openSync(path, ANEW, mode);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? taken(path) : unwritable(path, error);
  }
  try {
    // Whatever the process takes away from the modes of new files (umask): the public key is for all.
    if (process.platform !== 'win32') fchmodSync(file, mode);
    writeSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw unwritable(path, error);
  } finally {
    closeSync(file);
  }
}

function taken(path: string): UsageError {
  const why = 'a key that is lost cannot be made again. Choose another name or --dir, or move it away';
  return new UsageError(`${quoted(path, 4096)} exists and is not overwritten: ${why}`);
}

function unwritable(path: string, error: unknown): UsageError {
  return new UsageError(`${quoted(path, 4096)} cannot be written: ${errorMessage(error)}`);
}
