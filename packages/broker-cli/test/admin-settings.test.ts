// SPDX-License-Identifier: Apache-2.0
// admin-settings.test - where the admin interface may listen

import { describe, expect, test } from '@jest/globals';
import { adminSettings, isLoopback } from '../src/admin-settings.js';

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
