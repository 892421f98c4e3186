// SPDX-License-Identifier: Apache-2.0
// key-file - the text of a file with CURVE keys: ZeroMQ's own certificates, as czmq and pyzmq write and read them

import { isZ85Key } from './z85.js';

/** What a key file says. */
export interface KeyFile {
  /** In Z85. */
  readonly publicKey: string;
  /** In Z85; only in the file of its owner. */
  readonly secretKey?: string;
  /** Whose key it is, for people. */
  readonly name?: string;
  /** When the key is no longer good, as it is written: a date, or a date with a time. */
  readonly expires?: string;
}

/** One `name = "value"` of a key file. */
const PROPERTY = /^\s*([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))\s*$/;

/**
 * Read the text of a key file.
 *
 * @returns what it says, or what is wrong with it, in words
 */
export function parseKeyFile(text: string): KeyFile | string {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = PROPERTY.exec(line);
    if (match?.[1] === undefined) continue;
    const value = match[2] ?? match[3] ?? match[4] ?? '';
    if (found.has(match[1])) return `it has ${match[1]} twice`;
    found.set(match[1], value);
  }
  const publicKey = found.get('public-key');
  const secretKey = found.get('secret-key');
  if (publicKey === undefined) return 'it has no public-key';
  for (const [name, key] of [
    ['public-key', publicKey],
    ['secret-key', secretKey],
  ] as const) {
    if (key !== undefined && !isZ85Key(key)) return `its ${name} is not 40 characters of Z85`;
  }
  const name = found.get('name');
  const expires = found.get('expires');
  return {
    publicKey,
    ...(secretKey === undefined ? {} : { secretKey }),
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expires }),
  };
}

/** The text of a key file. `name` and `expires` must hold no quotes and no line ends. */
export function formatKeyFile({ publicKey, secretKey, name, expires }: KeyFile): string {
  const lines = [
    secretKey === undefined
      ? '# A public key of CURVE (ZeroMQ): may be given to anybody.'
      : '# A key pair of CURVE (ZeroMQ): whoever can read this is its owner. Never copy the secret key.',
    'metadata',
    ...(name === undefined ? [] : [`    name = "${name}"`]),
    ...(expires === undefined ? [] : [`    expires = "${expires}"`]),
    'curve',
    `    public-key = "${publicKey}"`,
    ...(secretKey === undefined ? [] : [`    secret-key = "${secretKey}"`]),
  ];
  return `${lines.join('\n')}\n`;
}
