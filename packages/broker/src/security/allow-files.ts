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

/** How soon it is tried again to watch a folder that could not be watched, in milliseconds. */
const WATCH_AGAIN_MS = 1000;

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
   * Be told when they may have changed. A file is often replaced by another one of its name, so folders are watched; and so
   * is a folder, so they are watched anew after each change: what was watched is the folder, not its name.
   *
   * @param onError - told once when a folder cannot be watched any more; it is tried again until it can
   * @returns ends it
   * @throws what Node.js throws when a folder cannot be watched
   */
  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    let watchers: FSWatcher[] = [];
    let timer: NodeJS.Timeout | undefined;
    let failing = false;
    const close = (): void => {
      for (const watcher of watchers) watcher.close();
      watchers = [];
    };
    const open = (): void => {
      close();
      for (const folder of new Set(this.#paths.map((path) => (isFolder(path) ? path : dirname(path))))) {
        watchers.push(watch(folder, { persistent: false }, later).on('error', failed));
      }
    };
    const anew = (): void => {
      timer = undefined;
      try {
        open();
        failing = false;
      } catch (error) {
        failed(asError(error));
      }
      // What has changed before they were watched anew is read, too.
      onChange();
    };
    const later = (): void => {
      timer ??= setTimeout(anew, SETTLE_MS).unref();
    };
    const failed = (error: Error): void => {
      if (!failing) onError(error);
      failing = true;
      clearTimeout(timer);
      timer = setTimeout(anew, WATCH_AGAIN_MS).unref();
    };
    open();
    return () => {
      clearTimeout(timer);
      close();
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
    // A pipe that nobody writes to would be waited for, by a broker that serves.
    if (!statSync(path).isFile()) throw new Error('it is no regular file');
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
