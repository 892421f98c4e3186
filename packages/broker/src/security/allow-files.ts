// SPDX-License-Identifier: Apache-2.0
// allow-files - an allow-list that is kept in files: read whole or not at all, and again when they change

import { readFileSync, readdirSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import { ArgumentError } from '@mdp/protocol';
import type { AllowedKey } from './allow-list.js';
import { asError } from '../system-error.js';
import { AllowList, parseAllowList } from './allow-list.js';

/** Changes come in bursts: an editor writes, renames and sets modes. What has changed is read so long after, in milliseconds. */
const SETTLE_MS = 100;

/** Files and folders that say together which keys may connect. */
export class AllowFiles {
  readonly #name: string;
  readonly #paths: readonly string[];
  #list: AllowList;

  /**
   * Read them.
   *
   * @param name - the option that names them, for errors
   * @param paths - allow-lists, key files, and folders whose `*.key` files count
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the file and what is wrong with it
   */
  constructor(name: string, paths: readonly string[]) {
    this.#name = name;
    this.#paths = paths;
    this.#list = this.#read();
  }

  /** What they said when they were last read without a fault. */
  get list(): AllowList {
    return this.#list;
  }

  /**
   * Read them again. When anything is wrong with one of them, what was read before goes on to hold.
   *
   * @returns whether they say something else now
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the file and what is wrong with it
   */
  reload(): boolean {
    const before = this.#list;
    this.#list = this.#read();
    return !this.#list.equals(before);
  }

  #read(): AllowList {
    const files = this.#paths.flatMap((path) => filesOf(this.#name, path));
    return new AllowList(files.flatMap((file) => keysOf(this.#name, file)));
  }

  /**
   * Be told when they may have changed. A file is often replaced by another one of its name, so folders are watched.
   *
   * @returns ends it
   */
  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const later = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        onChange();
      }, SETTLE_MS).unref();
    };
    const watchers: FSWatcher[] = [];
    for (const folder of new Set(this.#paths.map((path) => (isFolder(path) ? path : dirname(path))))) {
      watchers.push(watch(folder, { persistent: false }, later).on('error', onError));
    }
    return () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    };
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The file itself, or the public keys in a folder. */
function filesOf(name: string, path: string): string[] {
  if (!isFolder(path)) return [path];
  try {
    const files = readdirSync(path).filter((file) => file.endsWith('.key'));
    return files.sort().map((file) => join(path, file));
  } catch (error) {
    throw unreadable(name, path, error);
  }
}

function keysOf(name: string, path: string): AllowedKey[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(name, path, error);
  }
  const keys = parseAllowList(text);
  if (typeof keys === 'string') throw new ArgumentError(name, path, `a list of keys, and ${keys}`);
  return keys;
}

function unreadable(name: string, path: string, error: unknown): ArgumentError {
  return new ArgumentError(name, path, `a list of keys that can be read (${asError(error).message})`);
}
