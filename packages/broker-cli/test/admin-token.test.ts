// SPDX-License-Identifier: Apache-2.0
// admin-token.test - which files have a token for the admin interface

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AdminSettings } from '../src/admin-settings.js';
import { readToken } from '../src/admin-token.js';
import { HAS_SIGNALS } from './support/cli.js';

function settingsOf(tokenFile: string | undefined): AdminSettings {
  const names = { address: '--admin', token: '--admin-token-file' };
  return { host: '127.0.0.1', port: 1, loopback: true, names, ...(tokenFile === undefined ? {} : { tokenFile }) };
}

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
    return settingsOf(file);
  }

  test('is one line of a file', async () => {
    expect(readToken(await fileWith('0123456789abcdef\n'))).toBe('0123456789abcdef');
    expect(readToken(await fileWith('0123456789abcdef'))).toBe('0123456789abcdef');
    expect(readToken(await fileWith(`${'x'.repeat(1_024)}\r\n`))).toBe('x'.repeat(1_024));
    expect(readToken(settingsOf(undefined))).toBeUndefined();
  });

  test.each(['', 'short', '0123456789 abcdef', '0123456789abcdef\n\n', '0123456789äbcdef', 'x'.repeat(1_025)])(
    'is not %p, and what the file holds is not shown',
    async (text) => {
      const settings = await fileWith(text);
      expect(() => readToken(settings)).toThrow(/^--admin-token-file: got ".*token", allowed is a file with a token/);
    },
  );

  test('is in a file that is there', () => {
    const settings = settingsOf(join(folder, 'missing'));
    expect(() => readToken(settings)).toThrow(/ENOENT/);
  });

  (HAS_SIGNALS ? test : test.skip)('is in a file that others cannot read', async () => {
    const settings = await fileWith('0123456789abcdef', 0o640);
    expect(() => readToken(settings)).toThrow(/only its owner can read: its mode is 0640/);
  });

  test('is not in a folder', () => {
    expect(() => readToken(settingsOf(folder))).toThrow(
      /^--admin-token-file: got ".+", allowed is a file with a token: /,
    );
  });

  (HAS_SIGNALS ? test : test.skip)('is not waited for at a pipe that nobody writes to', () => {
    const pipe = join(folder, 'pipe');
    spawnSync('mkfifo', ['-m', '600', pipe]);
    expect(() => readToken(settingsOf(pipe))).toThrow(/it is no regular file$/);
  });
});
