// SPDX-License-Identifier: Apache-2.0
// path-values - files and folders, as flags, the environment and config files name them

import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ArgumentError, bytes } from '@mdp/protocol';
import { isZ85Key } from '@mdp/protocol/internal';
import type { JsonSchema } from './value-kinds.js';
import { listSchema } from './value-kinds.js';

const ONE = 'the path of a file';
const MANY = 'the path of a file or folder, or a list of them';

/**
 * Read one path. Whether there is a file is seen when it is read.
 *
 * @param folder - where it starts from when it is not absolute: that of the config file; empty for the working directory
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`; it does not show a key that was given in place of a path
 */
export function readPath(name: string, value: unknown, folder = ''): string {
  if (typeof value !== 'string' || value === '') throw new ArgumentError(name, value, ONE);
  const path = isAbsolute(value) ? value : join(folder, value);
  // A path may look like a key, but then there is a file.
  if (isZ85Key(value) && !existsSync(path)) throw new ArgumentError(name, bytes(value), `${ONE}, and no key itself`);
  return path;
}

/**
 * Read one path or several.
 *
 * @param folder - as for {@link readPath}
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function readPaths(name: string, value: unknown, folder = ''): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.some((item) => typeof item !== 'string')) throw new ArgumentError(name, value, MANY);
  return list.map((item) => readPath(name, item, folder));
}

/** The schema of one path. */
export function pathSchema(): JsonSchema {
  return { type: 'string', minLength: 1 };
}

/** The schema of one path or several. */
export function pathsSchema(): JsonSchema {
  return listSchema(pathSchema());
}
