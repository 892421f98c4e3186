// SPDX-License-Identifier: Apache-2.0
// config-file - what a YAML or JSON file says, checked against the table of options

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ArgumentError } from '@mdp/protocol';
import { didYouMean } from '@mdp/protocol/internal';
import type { Document, LineCounter as Lines } from 'yaml';
import { endpointsFromConfig } from './endpoint-values.js';
import { UsageError, errorCode, errorMessage } from './exit-codes.js';
import type { OptionRow } from './options-table.js';
import { OPTIONS } from './options-table.js';
import { readPath, readPaths } from './path-values.js';
import { printable, quoted } from './printable.js';
import { servicesFromConfig } from './service-values.js';
import type { Given, Source } from './settings.js';
import { readConfig } from './value-kinds.js';

/** Keys that a file may have and that say nothing to the broker. */
const IGNORED = ['$schema'];

/** The name of a path for people; `file:line` comes first where the line is known. */
type At = (path: readonly string[]) => string;

/** The file that is read. */
interface ConfigFile {
  readonly at: At;
  /** Where it is: paths in it start from there. */
  readonly folder: string;
}

/**
 * Read a config file. JSON is read as what it is: YAML.
 *
 * @param path - the file; relative to the working directory
 * @param from - how the user named it, for errors: `--config`, `MDP_CONFIG`
 * @throws {@link UsageError} when it cannot be read or is no YAML, or has a key that does not exist
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when a value is not allowed
 */
export async function readConfigFile(path: string, from: string): Promise<Source> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'permission denied',
      EISDIR: 'it is a directory',
    };
    const reason = reasons[errorCode(error) ?? ''] ?? errorMessage(error);
    throw new UsageError(`${from}: cannot read ${quoted(path)}: ${reason}`);
  }
  return parseConfig(text, path);
}

/**
 * Read the text of a config file.
 *
 * @param file - its path, for errors, and because the paths in it start from its folder
 * @throws {@link UsageError}, {@link ArgumentError}
 */
export async function parseConfig(text: string, file: string): Promise<Source> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const shown = printable(file);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new UsageError(`${shown}:${String(line)}:${String(col)}: ${printable(problem.message)}`);
  }
  const root: unknown = document.toJS();
  const source = new Map<string, Given>();
  if (root === null || root === undefined) return source;
  // What it says is not shown: it may be a secret key, whose file was named by mistake.
  if (!isMap(root)) throw new UsageError(`${shown}: allowed is an object whose keys are options, and it is none`);
  readLevel(root, [], { at: locate(document, lines, shown), folder: dirname(file) }, source);
  return source;
}

/** Read one level of nesting: the options there, and the levels below (`log`). */
function readLevel(
  map: Record<string, unknown>,
  path: readonly string[],
  file: ConfigFile,
  source: Map<string, Given>,
): void {
  const { at } = file;
  for (const [name, value] of Object.entries(map)) {
    const here = [...path, name];
    const key = here.join('.');
    // A dot within a name is no nesting: `log.level:` at the top is an unknown option.
    const row = name.includes('.') ? undefined : OPTIONS.find((candidate) => candidate.key === key);
    if (row !== undefined) {
      source.set(key, { name: at(here), value: readRow(row, here, value, file) });
    } else if (OPTIONS.some((candidate) => candidate.key.startsWith(`${key}.`))) {
      if (value === null) continue;
      if (!isMap(value)) throw new ArgumentError(at(here), value, `an object with ${keysBelow(key).join(', ')}`);
      readLevel(value, here, file, source);
    } else if (!(path.length === 0 && IGNORED.includes(name))) {
      throw new UsageError(`${at(here)}: there is no such option${guess(name)}`);
    }
  }
}

function readRow(row: OptionRow, path: readonly string[], value: unknown, { at, folder }: ConfigFile): Given['value'] {
  const { rule } = row;
  if (rule.kind === 'endpoints') return endpointsFromConfig(at(path), value, folder);
  if (rule.kind === 'services') return servicesFromConfig((below) => at([...path, ...below]), value);
  if (rule.kind === 'path') return readPath(at(path), value, folder);
  if (rule.kind === 'paths') return readPaths(at(path), value, folder);
  return readConfig(rule, at(path), value);
}

function keysBelow(key: string): string[] {
  return OPTIONS.filter((row) => row.key.startsWith(`${key}.`)).map((row) => row.key.slice(key.length + 1));
}

/** People try the flag, the variable and the name in the API as well: all of them lead to the key. */
function guess(name: string): string {
  const [outer, inner] = name.split('.');
  if (inner !== undefined && OPTIONS.some((row) => row.key === name)) return `; write ${inner} below ${outer ?? ''}`;
  const names = new Map<string, string>([
    ['log', 'log'],
    ['logging', 'log'],
  ]);
  for (const row of OPTIONS) {
    for (const other of [row.key, row.flag, row.env, row.api ?? row.key, ...(row.alsoKnownAs ?? [])]) {
      if (!names.has(other)) names.set(other, row.key);
    }
  }
  return didYouMean(name, names.keys(), (other) => names.get(other) ?? other);
}

function locate(document: Document.Parsed, lines: Lines, file: string): At {
  return (path) => {
    const name = path.map((part) => (/^[\w$.-]+$/.test(part) ? part : quoted(part))).join('.');
    const node: unknown = document.getIn(path, true);
    const range = (node as { range?: readonly number[] } | undefined)?.range;
    const line = range?.[0] === undefined ? '' : `:${String(lines.linePos(range[0]).line)}`;
    return `${file}${line}: ${name}`;
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
