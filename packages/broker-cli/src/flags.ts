// SPDX-License-Identifier: Apache-2.0
// flags - declares flags to yargs from data, and reads what it found; yargs itself converts and guesses nothing

import type { Argv, Options } from 'yargs';
import { didYouMean } from '@mdp/protocol/internal';
import { UsageError } from './exit-codes.js';
import { printable } from './printable.js';

/** One flag. */
export interface FlagSpec {
  /** Its long name, without the dashes. */
  readonly name: string;
  readonly letter?: string;
  /** Other long names, which `--help` does not show. */
  readonly aliases?: readonly string[];
  readonly help: string;
  /** Whether a value follows. Default true. */
  readonly takesValue?: boolean;
  /** Whether it may be given more than once; the last one holds otherwise. */
  readonly repeatable?: boolean;
  /** The values that there are, for the shell to offer. */
  readonly choices?: readonly string[];
  /** What the value may be, in words. */
  readonly allowed?: string;
  readonly defaultText?: string;
  readonly group?: string;
  /** Whether `--help` leaves it out. */
  readonly hidden?: boolean;
}

/** What the command line says, by the flag's name: the texts in their order; none for a flag without a value. */
export type FlagValues = ReadonlyMap<string, readonly string[]>;

/** How yargs is made to leave everything as it was written. */
export const PARSER_CONFIGURATION = {
  'boolean-negation': false, // --no-worker-timeout is an option, not the opposite of --worker-timeout
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const;

/** What yargs returns. */
export type ParsedArguments = Readonly<Record<string, unknown>>;

/** Declare flags to yargs. */
export function declareFlags<T>(yargs: Argv<T>, specs: readonly FlagSpec[]): Argv<T> {
  for (const spec of specs) {
    const options: Options = { describe: spec.help };
    if (spec.takesValue ?? true) options.nargs = 1;
    else options.boolean = true;
    if (spec.defaultText !== undefined) options.defaultDescription = spec.defaultText;
    if (spec.group !== undefined) options.group = `${spec.group}:`;
    for (const alias of spec.aliases ?? []) yargs.option(alias, { ...options, hidden: true });
    if (spec.letter !== undefined) options.alias = spec.letter;
    if (spec.hidden === true) options.hidden = true;
    yargs.option(spec.name, options);
  }
  return yargs;
}

function namesOf(spec: FlagSpec): string[] {
  return [spec.name, ...(spec.letter === undefined ? [] : [spec.letter]), ...(spec.aliases ?? [])];
}

/**
 * Take the values of declared flags out of what yargs found.
 *
 * @param words - how many leading words are the command itself
 * @throws {@link UsageError} for a flag or a word that means nothing here
 */
export function readFlags(found: ParsedArguments, specs: readonly FlagSpec[], words: number): FlagValues {
  const known = new Set(specs.flatMap(namesOf));
  for (const name of Object.keys(found)) {
    if (known.has(name) || ['_', '$0', 'h', 'help', 'version'].includes(name)) continue;
    const shown = [...specs.filter((spec) => spec.hidden !== true).map((spec) => spec.name), 'help', 'version'];
    const dashed = name.length === 1 ? `-${name}` : `--${name}`;
    throw new UsageError(`unknown option ${printable(dashed)}${didYouMean(name, shown, (flag) => `--${flag}`)}`);
  }
  const [extra] = (found['_'] as readonly unknown[]).slice(words);
  if (extra !== undefined) throw new UsageError(`unexpected argument ${printable(JSON.stringify(extra))}`);

  const values = new Map<string, readonly string[]>();
  for (const spec of specs) {
    const texts = [spec.name, ...(spec.aliases ?? [])].flatMap((name) => textsOf(found[name], spec));
    if (texts.length > 0) values.set(spec.name, spec.takesValue === false ? [] : texts);
  }
  return values;
}

function textsOf(value: unknown, spec: FlagSpec): string[] {
  if (value === undefined || value === false) return [];
  const texts = (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string');
  if (spec.takesValue === false) return [''];
  return spec.repeatable === true ? texts : texts.slice(-1);
}

/** Turn yargs' own complaint into one that names the flag as it is written, and what it takes. */
export function explainParserComplaint(message: string, specs: readonly FlagSpec[]): string {
  const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (missing === undefined) return printable(message);
  const spec = specs.find((candidate) => namesOf(candidate).includes(missing));
  const allowed = spec?.allowed === undefined ? '' : `: allowed is ${spec.allowed}`;
  return `--${spec?.name ?? printable(missing)} needs a value${allowed}`;
}
