// SPDX-License-Identifier: Apache-2.0
// peer-keys.test - the keys of those who talk to an encrypted broker: by flag or variable, as text or file

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClientStats } from '@mdp/client';
import { formatKeyFile, isZ85Key } from '@mdp/protocol/internal';
import { generateKeyPair } from '@mdp/protocol/node';
import { readCommandLine } from '../src/command-line.js';
import { loadPeerKeys, readPeerKeys } from '../src/peer-keys.js';
import { explainFailure, remedy, withRemedy } from '../src/request-failure.js';
import type { Environment } from '../src/variables.js';

const server = generateKeyPair();
const own = generateKeyPair();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-peer-'));
  writeFileSync(join(folder, 'broker.key'), formatKeyFile({ publicKey: server.publicKey }));
  writeFileSync(join(folder, 'me.key_secret'), formatKeyFile(own), { mode: 0o600 });
  writeFileSync(join(folder, 'shown.key_secret'), formatKeyFile(own));
  chmodSync(join(folder, 'shown.key_secret'), 0o644);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function load(flags: Record<string, string>, env: Environment = {}): unknown {
  const values = new Map(Object.entries(flags).map(([name, text]) => [name, [text]]));
  return loadPeerKeys(readPeerKeys(values, env));
}

test('without any, nothing is encrypted', () => {
  expect(load({})).toBeUndefined();
});

test("the broker's key is a text or a file, by flag or variable", () => {
  const file = join(folder, 'broker.key');
  const expected = { serverKey: server.publicKey, secretKey: undefined };
  expect(load({ 'server-key': server.publicKey })).toEqual(expected);
  expect(load({ 'server-key': file })).toEqual(expected);
  expect(load({}, { MDP_SERVER_KEY: server.publicKey })).toEqual(expected);
  expect(load({ 'server-key': file }, { MDP_SERVER_KEY: own.publicKey })).toEqual(expected);
});

test.each(['-', '--', '-b', '='])('a key that begins with %s is no flag', async (start) => {
  const key = `${start.padEnd(5, '0')}${server.publicKey.slice(5)}`;
  expect(isZ85Key(key)).toBe(true);
  for (const args of [['--server-key', key], [`--server-key=${key}`]]) {
    const found = await readCommandLine(['ping', ...args]);
    expect(found?.values.get('server-key')).toEqual([key]);
  }
});

test("one's own is a file", () => {
  const expected = { serverKey: server.publicKey, secretKey: own.secretKey };
  const file = join(folder, 'me.key_secret');
  expect(load({ 'server-key': server.publicKey, key: file })).toEqual(expected);
  expect(load({ 'server-key': server.publicKey }, { MDP_KEY: file })).toEqual(expected);
});

describe('what is wrong is named by flag or variable', () => {
  const path = (name: string): string => JSON.stringify(join(folder, name));

  test.each<[Record<string, string>, Environment, () => string]>([
    [{ key: 'me.key_secret' }, {}, () => '--key: a connection is encrypted only with the'],
    [{}, { MDP_KEY: 'me.key_secret' }, () => 'MDP_KEY: a connection is encrypted only with the'],
    [{ 'server-key': '' }, {}, () => '--server-key: got "", allowed is the path of a file'],
    [{ 'server-key': '/none' }, {}, () => '--server-key: got "/none", allowed is a key file that can be read (ENOENT'],
  ])('%j %j', (flags, env, message) => {
    expect(() => load(flags, env)).toThrow(message());
  });

  (process.platform === 'win32' ? test.skip : test)('a secret that others can read', () => {
    const flags = { 'server-key': server.publicKey, key: join(folder, 'shown.key_secret') };
    expect(() => load(flags)).toThrow(
      `--key: got ${path('shown.key_secret')}, allowed is a secret key that only its owner can read: its mode is 0644`,
    );
  });

  test('a public key where the secret one is wanted', () => {
    const flags = { 'server-key': server.publicKey, key: join(folder, 'broker.key') };
    expect(() => load(flags)).toThrow(`--key: got ${path('broker.key')}, allowed is a key file with a secret key`);
  });

  test('a secret key in place of its file, which is not shown', () => {
    const given = (): unknown => load({ 'server-key': server.publicKey, key: own.secretKey });
    expect(given).toThrow('--key: got 40 bytes, allowed is the path of a file, and no key itself');
  });
});

test('what to do about a refusal depends on what was given', () => {
  const named = { server: { name: '--server-key', text: 'x' } };
  expect(remedy(undefined)).toContain('--server-key');
  expect(remedy(named)).toContain('--key');
  expect(remedy({ ...named, own: { name: 'MDP_KEY', text: 'y' } })).toBe(
    "is the key of MDP_KEY named by an --allow of the broker, and is that of --server-key the broker's?",
  );
});

test('what was asked already is not followed by more than a question', () => {
  expect(withRemedy('a refused: is it b?', undefined)).toMatch(/^a refused: is it b\? give /);
  expect(withRemedy('a refused', undefined)).toMatch(/^a refused; give /);
});

test('of a broker that was reached and says nothing, workers are asked for only where there are any', () => {
  const stats = { endpoints: [{ state: 'up', reason: '' }] } as unknown as ClientStats;
  const late = Object.assign(new Error('too late'), { code: 'MDP_TIMEOUT' });
  const said = (service: string): string => {
    return explainFailure(late, { brokers: ['tcp://a:1'], service, timeoutMs: 2000 }, stats).text;
  };
  const reached = 'no reply within 2s: the broker at tcp://a:1 was reached;';
  expect(said('s')).toBe(
    `${reached} is there a worker for "s", is the endpoint for clients, and is the dialect right?`,
  );
  expect(said('mmi.broker')).toBe(`${reached} is the endpoint for clients, and is the dialect right?`);
});
