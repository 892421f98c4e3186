// SPDX-License-Identifier: Apache-2.0
// peer-keys - the keys of the subcommands that talk to an encrypted broker: which are meant, and what they are

import { isZ85Key } from '@mdp/protocol/internal';
import type { CurveOptions } from '@mdp/protocol/node';
import { readKeyFile } from '@mdp/protocol/node';
import { UsageError } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import { readPath } from './path-values.js';
import type { Environment } from './variables.js';
import { variable } from './variables.js';

/** The variables that hold them, for every subcommand that talks to a broker. */
export const SERVER_KEY_ENV = 'MDP_SERVER_KEY';
export const KEY_ENV = 'MDP_KEY';

/** The flags of every subcommand that talks to a broker. */
export const KEY_FLAGS: readonly FlagSpec[] = [
  {
    name: 'server-key',
    help: `The broker's public key, or the file that has it: encrypts the connection. Also ${SERVER_KEY_ENV}`,
    allowed: 'a key of 40 characters, or the path of a key file',
    defaultText: 'not encrypted',
  },
  {
    name: 'key',
    help: `The file with one's own secret key, which the broker may ask for. Also ${KEY_ENV}`,
    allowed: 'the path of a key file',
    defaultText: 'a new one each time',
  },
];

/** What was given, and how the user knows the place. */
interface Named {
  readonly name: string;
  readonly text: string;
}

/** Which keys are meant. */
export interface PeerKeys {
  /** A public key in Z85, or a file that has it. */
  readonly server: Named;
  /** A file with a secret key. */
  readonly own?: Named;
}

/**
 * Which keys are meant, by flags or variables; the files are not read yet.
 *
 * @returns nothing when the connection is not encrypted
 * @throws {@link UsageError} for a key of one's own without the broker's
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what is neither key nor path; a secret key is not shown
 */
export function readPeerKeys(values: FlagValues, env: Environment): PeerKeys | undefined {
  const server = given(values, 'server-key', env, SERVER_KEY_ENV);
  const own = given(values, 'key', env, KEY_ENV);
  if (own !== undefined) readPath(own.name, own.text);
  if (server === undefined) {
    if (own === undefined) return undefined;
    throw new UsageError(`${own.name}: a connection is encrypted only with the broker's public key, too: --server-key`);
  }
  if (!isZ85Key(server.text)) readPath(server.name, server.text);
  return { server, ...(own === undefined ? {} : { own }) };
}

function given(values: FlagValues, flag: string, env: Environment, name: string): Named | undefined {
  const text = values.get(flag)?.at(-1);
  if (text !== undefined) return { name: `--${flag}`, text };
  const set = variable(env, name);
  return set === undefined ? undefined : { name, text: set };
}

/**
 * Read the files.
 *
 * @returns what a client or worker is told
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names flag or variable, the file and what is wrong with it
 */
export function loadPeerKeys(keys: PeerKeys | undefined): CurveOptions | undefined {
  if (keys === undefined) return undefined;
  const { server, own } = keys;
  const serverKey = isZ85Key(server.text) ? server.text : readKeyFile(server.name, server.text, false).publicKey;
  return { serverKey, secretKey: own === undefined ? undefined : readKeyFile(own.name, own.text, true).secretKey };
}
