// SPDX-License-Identifier: Apache-2.0
// keygen.test - key files are written whole and for the right eyes, or not at all

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseKeyFile } from '@mdp/protocol/internal';
import type { KeyFile } from '@mdp/protocol/internal';
import { readKeyFile } from '@mdp/protocol/node';
import { readKeygen } from '../src/keygen-command.js';
import { writeKeyPairs } from '../src/key-writer.js';

const POSIX = process.platform !== 'win32';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-keygen-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('writeKeyPairs', () => {
  test('writes a public and a secret file for each name, which belong together', () => {
    const pairs = writeKeyPairs(folder, ['broker', 'alice'], '2100-01-31');
    expect(readdirSync(folder).sort()).toEqual(['alice.key', 'alice.key_secret', 'broker.key', 'broker.key_secret']);
    const keys = new Set<string>();
    for (const { name, publicFile, secretFile } of pairs) {
      const shown = parseKeyFile(readFileSync(publicFile, 'utf8')) as KeyFile;
      // Reading it checks that only the owner can, and that the two keys belong together.
      const own = readKeyFile('x', secretFile, true);
      expect(shown).toEqual({ publicKey: own.publicKey, name, expires: '2100-01-31' });
      expect(own).toMatchObject({ name });
      expect(readFileSync(publicFile, 'utf8')).not.toContain(own.secretKey);
      keys.add(shown.publicKey);
    }
    expect(keys.size).toBe(2);
  });

  (POSIX ? test : test.skip)(
    'whatever the umask is, only the owner reads the secret, and all may read the public key',
    () => {
      for (const umask of [0, 0o022, 0o077]) {
        const before = process.umask(umask);
        try {
          const [pair] = writeKeyPairs(join(folder, String(umask)), ['a'], undefined);
          expect([pair?.publicFile ?? '', pair?.secretFile ?? ''].map(modeOf)).toEqual([0o644, 0o600]);
          expect(modeOf(join(folder, String(umask)))).toBe(0o700);
        } finally {
          process.umask(before);
        }
      }
    },
  );

  test('makes the folder with those above it, and leaves one that is there as it is', () => {
    writeKeyPairs(join(folder, 'deep', 'down'), ['a'], undefined);
    expect(existsSync(join(folder, 'deep', 'down', 'a.key'))).toBe(true);
    const open = join(folder, 'open');
    mkdirSync(open, { mode: 0o755 });
    const before = modeOf(open);
    writeKeyPairs(open, ['a'], undefined);
    expect(modeOf(open)).toBe(before);
  });

  test.each(['alice.key', 'alice.key_secret'])('writes nothing when %s exists, and leaves that alone', (name) => {
    writeFileSync(join(folder, name), 'mine');
    expect(() => writeKeyPairs(folder, ['broker', 'alice'], undefined)).toThrow(
      `${JSON.stringify(join(folder, name))} exists and is not overwritten`,
    );
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('mine');
  });

  (POSIX ? test : test.skip)('does not write through a link that leads nowhere yet', () => {
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'a.key_secret'));
    expect(() => writeKeyPairs(folder, ['a'], undefined)).toThrow('exists and is not overwritten');
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  test('says which folder cannot be one', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => writeKeyPairs(file, ['a'], undefined)).toThrow(/^".*file.*" cannot be written: /);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

describe('readKeygen', () => {
  const read = (words: string[], flags: Record<string, string> = {}): unknown =>
    readKeygen(new Map(Object.entries(flags).map(([name, text]) => [name, [text]])), words);

  test('takes names, and broker when there is none', () => {
    expect(read([])).toEqual({ names: ['broker'], folder: '', expires: undefined });
    expect(read(['b-1', 'a@b.example', '007'], { dir: 'keys', expires: '2100-01-31' })).toEqual({
      names: ['b-1', 'a@b.example', '007'],
      folder: 'keys',
      expires: '2100-01-31',
    });
  });

  test.each([
    [['a/b'], {}, 'NAME: got "a/b", allowed is a name of up to 100 letters, digits and . _ @ + -'],
    [['..'], {}, 'NAME: got "..", allowed is a name'],
    [['-x'], {}, 'NAME: got "-x", allowed is a name'],
    [[''], {}, 'NAME: got "", allowed is a name'],
    [['a"b'], {}, 'allowed is a name'],
    [['a\nb'], {}, 'NAME: got "a\\nb", allowed is a name'],
    [['x'.repeat(101)], {}, 'allowed is a name'],
    [['alice.key'], {}, 'without .key at the end'],
    [['alice.key_secret'], {}, 'without .key at the end'],
    [['alice', 'bob', 'Alice'], {}, 'NAME: alice and Alice would be the same files'],
    [[], { dir: '' }, '--dir: got "", allowed is'],
    [[], { expires: 'tomorrow' }, '--expires: got "tomorrow", allowed is a date such as 2027-01-31, or a time'],
    [[], { expires: '2100-02-30' }, '--expires: got "2100-02-30", allowed is a date'],
    [[], { expires: '2020-01-31' }, '--expires: got "2020-01-31", allowed is a time that is not over yet'],
  ])('refuses %j %j', (words, flags, message) => {
    expect(() => read(words, flags as Record<string, string>)).toThrow(message);
  });
});
