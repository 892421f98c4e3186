// SPDX-License-Identifier: Apache-2.0
// environment - what the MDP_ variables say

import { didYouMean } from '@mdp/protocol/internal';
import { BROKER_URL_ENV } from './broker-flags.js';
import { endpointFromText } from './endpoint-values.js';
import { CONFIG_ENV, OPTIONS } from './options-table.js';
import type { OptionRow } from './options-table.js';
import { readPath, readPaths } from './path-values.js';
import { KEY_ENV, SERVER_KEY_ENV } from './peer-keys.js';
import { quoted } from './printable.js';
import { servicesFromText } from './service-values.js';
import type { Given, Source } from './settings.js';
import { readText } from './value-kinds.js';
import type { Environment } from './variables.js';
import { splitList, variable } from './variables.js';

/**
 * Read the variables of all options.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the variable, its value and what is allowed
 */
export function readEnvironment(env: Environment): Source {
  const source = new Map<string, Given>();
  for (const row of OPTIONS) {
    const text = variable(env, row.env);
    if (text !== undefined)
      source.set(row.key, { name: row.env, value: readRowText(row, row.env, splitList(text), text) });
  }
  return source;
}

/**
 * Read what was given for a row as text, whatever its kind.
 *
 * @param items - the items, for rows that are lists
 * @param single - the text, for rows that are not
 */
export function readRowText(row: OptionRow, name: string, items: readonly string[], single: string): Given['value'] {
  const { rule } = row;
  if (rule.kind === 'endpoints') return items.map((item) => endpointFromText(name, item));
  if (rule.kind === 'services') return servicesFromText(name, items);
  if (rule.kind === 'path') return readPath(name, single);
  if (rule.kind === 'paths') return readPaths(name, items);
  return readText(rule, name, single);
}

/**
 * Warnings for variables that start with `MDP_` and mean nothing to this program: most often a misspelt one. They are
 * no errors, because other programs may have variables that start so.
 */
export function unknownVariables(env: Environment): string[] {
  const known = [CONFIG_ENV, BROKER_URL_ENV, SERVER_KEY_ENV, KEY_ENV, ...OPTIONS.map((row) => row.env)];
  return Object.keys(env)
    .filter((name) => name.startsWith('MDP_') && !known.includes(name))
    .map((name) => `the environment variable ${quoted(name)} means nothing here${didYouMean(name, known)}`);
}
