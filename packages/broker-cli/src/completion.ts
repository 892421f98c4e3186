// SPDX-License-Identifier: Apache-2.0
// completion - what may stand next on a command line, for the shell to offer

import { Client } from '@mdp/client';
import { readAccess } from './broker-flags.js';
import type { Command, LoadedCommand } from './commands.js';
import { ECHO_COMMANDS, RUN_COMMAND, TOP_COMMANDS } from './commands.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { loadPeerKeys } from './peer-keys.js';
import type { Environment } from './variables.js';

/** The shell waits for it. */
const ASK_MS = 500;

/** What the scripts of shells ask this program with; the words so far follow, the one that is being typed last. */
export const COMPLETE_FLAG = '--complete';

const ECHO = 'echo';

/** A name that the shell would take for more than a word is left out. */
const PLAIN_WORD = /^[\w.:@%+,/=-]+$/;

/**
 * What may stand in place of the last word.
 *
 * @param words - those behind the name of the program, the one that is being typed last; it may be empty
 * @returns words that begin like it; none where a file is as good a guess
 */
export async function completions(words: readonly string[], env: Environment): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const candidates = await candidatesFor(words.slice(0, -1), current, env);
  return candidates.filter((candidate) => candidate.startsWith(current));
}

async function candidatesFor(before: readonly string[], current: string, env: Environment): Promise<string[]> {
  if (before.includes('--')) return [];
  const names = before.filter((word) => !word.startsWith('-'));
  const [first, second] = names;
  if (!current.startsWith('-')) {
    if (before.length === 0) return [ECHO, ...namesOf(TOP_COMMANDS)];
    if (first === ECHO && names.length === 1) return namesOf(ECHO_COMMANDS);
  }
  const command = first === ECHO ? find(ECHO_COMMANDS, second) : (find(TOP_COMMANDS, first) ?? RUN_COMMAND);
  if (command === undefined) return [];
  const { flags } = await command.load();
  const given = readGiven(before, flags);
  if (given.open !== undefined) return [...(given.open.choices ?? [])];
  if (current.startsWith('-')) return [...shownFlags(flags), '--help'];
  if (command.choices !== undefined && given.words.length === 1) return [...command.choices];
  return command.takesService === true && given.words.length === 1 ? servicesOf(given.values, env) : [];
}

function namesOf(commands: readonly Command[]): string[] {
  return commands.flatMap(({ name }) => name ?? []);
}

function find(commands: readonly Command[], name: string | undefined): Command | undefined {
  return commands.find((command) => command.name === name);
}

function shownFlags(flags: LoadedCommand['flags']): string[] {
  return flags.filter(({ hidden }) => hidden !== true).map(({ name }) => `--${name}`);
}

/** What stands there already. */
interface Given {
  readonly values: FlagValues;
  readonly words: readonly string[];
  /** The flag whose value is being typed. */
  readonly open: FlagSpec | undefined;
}

/** Read an unfinished command line: nothing that is wrong there is an error. */
function readGiven(before: readonly string[], flags: readonly FlagSpec[]): Given {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  let open: FlagSpec | undefined;
  for (const word of before) {
    const [, dashes, name = '', value] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const spec = flags.find((flag) => (dashes === '--' ? flag.name === name : flag.letter === name));
    if (open !== undefined) {
      values.set(open.name, [...(values.get(open.name) ?? []), word]);
      open = undefined;
    } else if (dashes === undefined) words.push(word);
    else if (spec === undefined) continue;
    else if (value !== undefined) values.set(spec.name, [value]);
    else if (spec.takesValue ?? true) open = spec;
    else values.set(spec.name, []);
  }
  return { values, words, open };
}

/** The services of the broker that is meant; none when it does not say so soon. */
async function servicesOf(values: FlagValues, env: Environment): Promise<string[]> {
  try {
    const { brokers, keys } = readAccess(values, env);
    await using client = new Client(brokers, { timeoutMs: ASK_MS, curve: loadPeerKeys(keys) });
    const services = await client.services();
    return services.map(({ name }) => name).filter((name) => PLAIN_WORD.test(name));
  } catch (error) {
    // Nobody would read it in the middle of a command line.
    if (error instanceof Error) return [];
    throw error;
  }
}
