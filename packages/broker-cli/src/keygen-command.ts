// SPDX-License-Identifier: Apache-2.0
// keygen-command - makes keys, and says what to do with them

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError } from '@mdp/protocol';
import { EXPIRY_FORM, parseExpiry } from '@mdp/protocol/node';
import { counted } from './counted.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { WrittenPair } from './key-writer.js';
import { writeKeyPairs } from './key-writer.js';
import { readPath } from './path-values.js';
import { printable } from './printable.js';
import { programCommand, shellWord, thisInvocation } from './try-it.js';
import type { Environment } from './variables.js';

/** The name that is taken for the broker's: with it, the broker's own command is shown. */
const BROKER = 'broker';

/** `mdp-broker keygen` */
export const KEYGEN_FLAGS: readonly FlagSpec[] = [
  {
    name: 'dir',
    help: 'Where to write them; a folder that does not exist is made, for its owner only',
    allowed: 'the path of a folder',
    defaultText: 'this folder',
  },
  {
    name: 'expires',
    help: 'Until when brokers take them (UTC): 2027-01-31 or 2027-01-31T18:00Z',
    allowed: EXPIRY_FORM,
    defaultText: 'for ever',
  },
];

/** What to make. */
export interface KeygenSettings {
  readonly names: readonly string[];
  /** Empty for the working directory. */
  readonly folder: string;
  readonly expires: string | undefined;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;
const NAME_FORM =
  'a name of up to 100 letters, digits and . _ @ + -, beginning with a letter or digit, without .key at the end';

/**
 * Read the command line of `mdp-broker keygen`.
 *
 * @param words - the names; none is `broker`
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function readKeygen(values: FlagValues, words: readonly string[]): KeygenSettings {
  const names = words.length === 0 ? [BROKER] : words;
  names.forEach((name, i) => {
    if (!NAME.test(name) || /\.key(?:_secret)?$/.test(name)) throw new ArgumentError('NAME', name, NAME_FORM);
    // Where upper and lower case make no difference to the system, the second file would be the first one.
    const before = names.slice(0, i).find((other) => other.toLowerCase() === name.toLowerCase());
    if (before !== undefined) throw new UsageError(`NAME: ${before} and ${name} would be the same files`);
  });
  const folder = values.get('dir')?.at(-1);
  return {
    names,
    folder: folder === undefined ? '' : readPath('--dir', folder),
    expires: readExpiry(values.get('expires')?.at(-1)),
  };
}

function readExpiry(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = parseExpiry(text.trim());
  if (at === undefined) throw new ArgumentError('--expires', text, EXPIRY_FORM);
  if (at <= Date.now()) throw new ArgumentError('--expires', text, 'a time that is not over yet');
  return text.trim();
}

/**
 * Run `mdp-broker keygen`: the files that it wrote go to stdout, with the next command. Secret keys are shown nowhere.
 *
 * @returns 0 when all are written
 * @throws {@link UsageError} when a file exists or cannot be written; none is left behind then
 */
export function runKeygen(flags: FlagValues, _env: Environment, words: readonly string[]): Promise<ExitCode> {
  const { names, folder, expires } = readKeygen(flags, words);
  const pairs = writeKeyPairs(folder, names, expires);
  process.stdout.write(
    `${[...report(pairs), '', ...next(pairs, folder, programCommand(thisInvocation()))].join('\n')}\n`,
  );
  return Promise.resolve(EXIT_CODES.OK);
}

function report(pairs: readonly WrittenPair[]): string[] {
  const width = Math.max(...pairs.map(({ secretFile }) => secretFile.length));
  const line = (file: string, what: string): string => `  ${printable(file.padEnd(width), 4096)}  ${what}`;
  return [
    `made ${counted(pairs.length, 'key pair')}:`,
    ...pairs.flatMap(({ name, publicFile, secretFile }) => [
      line(publicFile, name === BROKER ? 'public: clients and workers need it' : 'public: the broker needs it'),
      line(secretFile, 'secret: for its owner only'),
    ]),
  ];
}

/** What to type next. */
function next(pairs: readonly WrittenPair[], folder: string, program: string): string[] {
  const server = join(folder, BROKER);
  const peers = pairs.filter(({ name }) => name !== BROKER);
  const [peer] = peers;
  const allow = peers.map(({ publicFile }) => ` --allow ${shellWord(publicFile)}`).join('');
  const own = peer === undefined ? '' : ` --key ${shellWord(peer.secretFile)}`;
  if (peer !== undefined && !existsSync(`${server}.key_secret`)) {
    return [
      'a broker that has a key lets them in with:',
      ` ${allow}`,
      'a client that it lets in, with the public key of the broker:',
      `  ${program} echo client --server-key ${BROKER}.key${own}`,
    ];
  }
  return [
    peer === undefined
      ? 'a broker that is encrypted; to let in only those whom you know, make keys for them, too, and name them with --allow:'
      : 'a broker that is encrypted, and lets in no other keys than these:',
    `  ${program} --curve-key ${shellWord(`${server}.key_secret`)}${allow}`,
    'a client that it lets in:',
    `  ${program} echo client --server-key ${shellWord(`${server}.key`)}${own}`,
  ];
}
