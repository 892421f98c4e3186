// SPDX-License-Identifier: Apache-2.0
// admin-settings.test - where the admin interface may listen, and with which token

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AdminSettings } from '../src/admin-settings.js';
import { adminSettings, isLoopback, readToken } from '../src/admin-settings.js';
import { HAS_SIGNALS } from './support/cli.js';

const at = (value: string): { name: string; value: string } => ({ name: '--admin', value });
const TOKEN = { name: '--admin-token-file', value: 'admin.token' };

describe('the address', () => {
  test.each([
    ['127.0.0.1:9464', '127.0.0.1', 9464],
    ['127.8.9.10:1', '127.8.9.10', 1],
    ['localhost:65535', 'localhost', 65_535],
    ['[::1]:9464', '::1', 9464],
    ['127.0.0.1:*', '127.0.0.1', 0],
  ])('%s is of this machine', (text, host, port) => {
    expect(adminSettings(at(text), undefined)).toMatchObject({ host, port, loopback: true });
  });

  test.each([
    '0.0.0.0:9464',
    '[::]:9464',
    '192.168.1.2:9464',
    'broker.example:9464',
    '[::ffff:127.0.0.1]:9464',
    '1.127.0.0:1',
  ])('%s needs a token', (text) => {
    expect(() => adminSettings(at(text), undefined)).toThrow(/^--admin: others can reach .+--admin-token-file$/);
    expect(adminSettings(at(text), TOKEN)).toMatchObject({ loopback: false, tokenFile: 'admin.token' });
  });

  test.each([
    '9464',
    ':9464',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:9464',
    'http://127.0.0.1:9464',
    'a b:1',
    '[x]:1',
  ])('%s is none', (text) => {
    expect(() => adminSettings(at(text), TOKEN)).toThrow(/^--admin: got ".+", allowed is HOST:PORT/);
  });

  test('none is none, and a token alone is a mistake', () => {
    expect(adminSettings(undefined, undefined)).toBeUndefined();
    expect(() => adminSettings(undefined, TOKEN)).toThrow('--admin-token-file: allowed only with --admin');
  });

  test.each(['localhost.example', '127.0.0.1.example', '0127.0.0.1', '127.1', '::', ''])(
    '%p is not loopback',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('the token', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mdp-token-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fileWith(text: string, mode = 0o600): Promise<AdminSettings> {
    const file = join(folder, 'token');
    await writeFile(file, text);
    await chmod(file, mode);
    const settings = adminSettings(at('0.0.0.0:1'), { ...TOKEN, value: file });
    if (settings === undefined) throw new Error('there are no settings');
    return settings;
  }

  test('is one line of a file', async () => {
    expect(readToken(await fileWith('0123456789abcdef\n'))).toBe('0123456789abcdef');
    expect(readToken(await fileWith('0123456789abcdef'))).toBe('0123456789abcdef');
    const without = adminSettings(at('127.0.0.1:1'), undefined);
    expect(without === undefined ? 'no settings' : readToken(without)).toBeUndefined();
  });

  test.each(['', 'short', '0123456789 abcdef', '0123456789abcdef\n\n', '0123456789äbcdef', 'x'.repeat(1_025)])(
    'is not %p, and what the file holds is not shown',
    async (text) => {
      const settings = await fileWith(text);
      expect(() => readToken(settings)).toThrow(/^--admin-token-file: got ".*token", allowed is a file with a token/);
    },
  );

  test('is in a file that is there', async () => {
    const settings = { ...(await fileWith('')), tokenFile: join(folder, 'missing') };
    expect(() => readToken(settings)).toThrow(/ENOENT/);
  });

  (HAS_SIGNALS ? test : test.skip)('is in a file that others cannot read', async () => {
    const settings = await fileWith('0123456789abcdef', 0o640);
    expect(() => readToken(settings)).toThrow(/only its owner can read: its mode is 0640/);
  });
});
