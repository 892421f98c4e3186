// SPDX-License-Identifier: Apache-2.0
// allow-list - which keys may connect: the text of a list, and what it says of a key

import { isZ85Key, parseKeyFile } from '@mdp/protocol/internal';
import { EXPIRY_FORM, parseExpiry } from '@mdp/protocol/node';

/** A key that may connect. */
export interface AllowedKey {
  /** The public key, in Z85. */
  readonly key: string;
  /** Whose it is, for people; may be empty. */
  readonly name: string;
  /** When it is no longer good, in milliseconds since 1970; `Infinity` for never. */
  readonly expiresAt: number;
}

/** What a list says of a key. */
export type Verdict = 'allowed' | 'unknownKey' | 'expiredKey';

/** The keys that may connect. It does not change: what has been read anew is another list. */
export class AllowList {
  readonly #keys: ReadonlyMap<string, AllowedKey>;

  /** @param keys - of those with the same key the last one counts */
  constructor(keys: readonly AllowedKey[]) {
    this.#keys = new Map(keys.map((allowed) => [allowed.key, allowed]));
  }

  get size(): number {
    return this.#keys.size;
  }

  /** What is known of a key. */
  find(key: string): AllowedKey | undefined {
    return this.#keys.get(key);
  }

  /** Whether it says the same as another one. */
  equals(other: AllowList): boolean {
    if (other.size !== this.size) return false;
    return [...this.#keys.values()].every(({ key, name, expiresAt }) => {
      const known = other.find(key);
      return known?.name === name && known.expiresAt === expiresAt;
    });
  }

  /** @param now - milliseconds since 1970 */
  verdict(key: string, now: number): Verdict {
    const allowed = this.#keys.get(key);
    if (allowed === undefined) return 'unknownKey';
    return now < allowed.expiresAt ? 'allowed' : 'expiredKey';
  }
}

const EXPIRES = 'expires=';

/** What is meant to say when a key expires. Taken for a part of the name, it would let the key in for ever. */
const MEANT_FOR_EXPIRES = /^exp\w*[=:]/i;

/**
 * Read the text of an allow-list: on each line a public key in Z85, `expires=2027-01-31` if it expires, and whose it is.
 * Empty lines and lines that begin with `#` are comments. A key file is a list of one. An expiry that stands elsewhere in
 * its line, or is misspelt, is a fault.
 *
 * @returns the keys, or what is wrong and where, in words
 */
export function parseAllowList(text: string): AllowedKey[] | string {
  const lines = text.split(/\r?\n/);
  if (lines.some((line) => /^\s*public-key\s*=/.test(line))) return parseOneKey(text);
  const keys: AllowedKey[] = [];
  for (const [i, line] of lines.entries()) {
    const [key = '', ...words] = line.trim().split(/\s+/);
    // No key begins so: it would stand for more than four bytes.
    if (key === '' || key.startsWith('#')) continue;
    if (!isZ85Key(key)) {
      return `line ${String(i + 1)} does not begin with a public key of 40 characters of Z85`;
    }
    const expires = words[0]?.startsWith(EXPIRES) === true ? words.shift()?.slice(EXPIRES.length) : undefined;
    const expiresAt = expires === undefined ? Infinity : parseExpiry(expires);
    if (expiresAt === undefined) return `line ${String(i + 1)}: expires is not ${EXPIRY_FORM}`;
    if (words.some((word) => MEANT_FOR_EXPIRES.test(word))) {
      return `line ${String(i + 1)}: when a key expires stands once, next to the key, as expires=2027-01-31`;
    }
    keys.push({ key, name: words.join(' '), expiresAt });
  }
  return keys;
}

function parseOneKey(text: string): AllowedKey[] | string {
  const file = parseKeyFile(text);
  if (typeof file === 'string') return file;
  const expiresAt = file.expires === undefined ? Infinity : parseExpiry(file.expires);
  if (expiresAt === undefined) return `its expires is not ${EXPIRY_FORM}`;
  return [{ key: file.publicKey, name: file.name ?? '', expiresAt }];
}
