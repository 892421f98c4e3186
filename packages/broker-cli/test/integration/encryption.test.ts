// SPDX-License-Identifier: Apache-2.0
// encryption.test - encrypted brokers as processes: who gets in, what changes that, and what is said to a wrong key

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatKeyFile } from '@mdp/protocol/internal';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import type { TestProcess } from '@mdp/testkit';
import { HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';
import { CurvePeer, LET_IN, enter, knock } from '../support/curve-peer.js';

const server = generateKeyPair();
const alice = generateKeyPair();
const bob = generateKeyPair();

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mdp-keys-')));
  writeFileSync(join(folder, 'broker.key_secret'), formatKeyFile(server), { mode: 0o600 });
  list(alice);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The keys that may connect, from now on. */
function list(...keys: readonly CurveKeyPair[]): void {
  writeFileSync(join(folder, 'peers'), keys.map(({ publicKey }) => `${publicKey}\n`).join(''));
}

const ENCRYPTED = ['--curve-key', 'broker.key_secret', '--allow', 'peers'];

/** Try to get in with a key that is not allowed. */
async function refused(process: TestProcess, endpoint: string, keys: CurveKeyPair): Promise<void> {
  await knock(endpoint, server.publicKey, keys, () =>
    said(process, `its key is not allowed there; the public key is ${keys.publicKey}`),
  );
}

describe('who may connect', () => {
  test('is read again when the file changes; a fault changes nothing', async () => {
    await using broker = await startBroker(ENCRYPTED, { cwd: folder });
    await refused(broker.process, broker.endpoint, bob);
    list(alice, bob);
    await said(broker.process, 'a list of allowed keys was read again: 2 keys');
    expect(await enter(broker.endpoint, server.publicKey, bob)).toEqual(LET_IN);

    writeFileSync(join(folder, 'peers'), `${bob.publicKey}\nbroken\n`);
    await said(broker.process, /what it said before goes on to hold: .+ line 2 does not begin with a public key/);
    expect(await enter(broker.endpoint, server.publicKey, alice)).toEqual(LET_IN);
  });

  test('is nobody any more whose key is taken away, though connected', async () => {
    await using broker = await startBroker(ENCRYPTED, { cwd: folder });
    using peer = new CurvePeer(broker.endpoint, server.publicKey, alice);
    expect(await peer.ask('mmi.service', 'none')).toEqual(LET_IN);
    list(bob);
    await said(
      broker.process,
      `1 key of connected peers is not allowed any more: all connections of ${broker.endpoint} are`,
    );
    await said(broker.process, `its key is not allowed there; the public key is ${alice.publicKey}`);
    expect(await enter(broker.endpoint, server.publicKey, bob)).toEqual(LET_IN);
  });

  test('is said in the environment and the config file, for each endpoint, with its services', async () => {
    mkdirSync(join(folder, 'etc', 'keys'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'keys', 'bob.key'), formatKeyFile({ publicKey: bob.publicKey, name: 'bob' }));
    writeFileSync(
      join(folder, 'etc', 'broker.yaml'),
      `endpoints:
  - { endpoint: 'tcp://127.0.0.1:*', services: [mmi.service, resize] }
  - { endpoint: 'tcp://127.0.0.1:*', role: worker, allow: keys }
  - { endpoint: 'tcp://127.0.0.1:*', role: client, curve: false }
`,
    );
    const env = { MDP_CONFIG: 'etc/broker.yaml', MDP_CURVE_KEY: 'broker.key_secret', MDP_ALLOW: 'peers' };
    await using broker = startCli(['--log-format', 'json'], { cwd: folder, env });
    await said(broker, /"event":"publicKey".*\n/);
    const lines = broker.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const at = (rights: object): string => {
      const found = lines.find(
        (line) => line['event'] === 'listening' && Object.entries(rights).every(([k, v]) => line[k] === v),
      );
      return String(found?.['endpoint']);
    };
    expect(lines.at(-1)).toMatchObject({ publicKey: server.publicKey });
    using peer = new CurvePeer(at({ role: 'any', curve: true, allow: true }), server.publicKey, alice);
    expect(await peer.ask('mmi.service', 'resize')).toEqual(['404']);
    expect((await peer.ask('report', 'x')).slice(0, 2)).toEqual(['MDPE01', '403']);
    const forWorkers = at({ role: 'worker', curve: true, allow: true });
    const [refusal] = await knock(forWorkers, server.publicKey, alice, () =>
      said(broker, /\{.*"event":"connectionRefused".*\}/),
    );
    expect(JSON.parse(refusal)).toMatchObject({ key: alice.publicKey, address: '127.0.0.1', reason: 'unknownKey' });
    expect(at({ role: 'client', curve: false, allow: false })).toMatch(/^tcp:/);
  });

  test('is anybody without a list, and the log warns of it', async () => {
    await using broker = await startBroker(['--curve-key', 'broker.key_secret'], { cwd: folder });
    await said(
      broker.process,
      `whoever knows its public key may connect to ${broker.endpoint}: say with --allow whose keys may`,
    );
    expect(await enter(broker.endpoint, server.publicKey, bob)).toEqual(LET_IN);
  });
});

(HAS_SIGNALS ? describe : describe.skip)('SIGHUP', () => {
  test('reads the lists again', async () => {
    await using broker = await startBroker(ENCRYPTED, { cwd: folder });
    expect(await enter(broker.endpoint, server.publicKey, alice)).toEqual(LET_IN);
    broker.process.signal('SIGHUP');
    await said(broker.process, 'SIGHUP: reading the lists of allowed keys again');
    await said(broker.process, 'a list of allowed keys was read again: 1 key');
    list(alice, bob);
    broker.process.signal('SIGHUP');
    await said(broker.process, 'a list of allowed keys was read again: 2 keys');
    expect(await enter(broker.endpoint, server.publicKey, bob)).toEqual(LET_IN);
  });

  test('reaches every thread', async () => {
    const args = ['--threads', '2', '-b', 'tcp://127.0.0.1:*', ...ENCRYPTED];
    await using broker = startCli(args, { cwd: folder });
    const [, one = '', other = ''] = await said(
      broker,
      /all endpoints of a line:\n +(tcp\S+) (tcp\S+) \(encrypted, for keys/,
    );
    await said(broker, `its public key, which clients and workers need: ${server.publicKey}`);
    await refused(broker, other, bob);
    list(bob);
    broker.signal('SIGHUP');
    for (const thread of [1, 2])
      await said(broker, `thread ${String(thread)}: a list of allowed keys was read again: 1 key`);
    expect(await enter(one, server.publicKey, bob)).toEqual(LET_IN);
    expect(await enter(other, server.publicKey, bob)).toEqual(LET_IN);
    broker.signal('SIGTERM');
    expect(await broker.exited).toEqual({ code: 0, signal: null });
  });

  test('does not end a broker that has no lists', async () => {
    await using broker = await startBroker();
    broker.process.signal('SIGHUP');
    await said(broker.process, 'SIGHUP: there are no lists of allowed keys to read again');
    expect(await runCli(['ping', '-b', broker.endpoint])).toMatchObject({ code: 0 });
    broker.process.signal('SIGTERM');
    expect(await broker.process.exited).toEqual({ code: 0, signal: null });
  });
});

describe('what is wrong with a key or list is said before anything starts, with exit code 2', () => {
  test.each([
    [['--curve-key', 'none'], '--curve-key: got "none", allowed is a key file that can be read (ENOENT'],
    [['--curve-key', 'peers'], '--curve-key: got "peers", allowed is a key file, and it has no public-key'],
    [
      ['--curve-key', 'broker.key'],
      '--curve-key: got "broker.key", allowed is a key file with a secret key: it ends in',
    ],
    [['--allow', 'peers'], '--allow: keys can be allowed only where connections are encrypted'],
    [
      ['--curve-key', 'broker.key_secret', '--allow', 'none'],
      '--allow: got "none", allowed is a list of keys that can be',
    ],
    [
      ['--threads', '2', '--curve-key', 'broker.key_secret', '--allow', 'none'],
      '--allow: got "none", allowed is a list of keys that can be',
    ],
    [
      ['--curve-key', 'broker.key_secret', '-b', 'tcp://127.0.0.1:*,allow=broken'],
      '--bind-url (allow): got "broken", allowed is a list of keys, and line 1 does not begin with a public key',
    ],
  ])('%j', async (args, message) => {
    writeFileSync(join(folder, 'broken'), 'broken\n');
    writeFileSync(join(folder, 'broker.key'), formatKeyFile({ publicKey: server.publicKey }));
    const { code, stdout, stderr } = await runCli(['-b', 'tcp://127.0.0.1:*', ...args], { cwd: folder });
    expect(stderr).toContain(`mdp-broker: ${message}`);
    expect(stderr).not.toContain('listening');
    expect([code, stdout]).toEqual([2, '']);
  });

  (HAS_SIGNALS ? test : test.skip)('a secret that others can read', async () => {
    chmodSync(join(folder, 'broker.key_secret'), 0o640);
    const { code, stderr } = await runCli([], { cwd: folder, env: { MDP_CURVE_KEY: 'broker.key_secret' } });
    expect(stderr).toContain(
      'MDP_CURVE_KEY: got "broker.key_secret", allowed is a secret key that only its owner can read',
    );
    expect(stderr).toContain('its mode is 0640, chmod 600 it');
    expect(stderr).not.toContain(server.secretKey);
    expect(code).toBe(2);
  });

  test('a secret in place of its file, which is not shown', async () => {
    const { code, stderr } = await runCli(['--curve-key', server.secretKey], { cwd: folder });
    expect(stderr).toBe(
      "mdp-broker: --curve-key: got 40 bytes, allowed is the path of a file, and no key itself\nTry 'mdp-broker --help'.\n",
    );
    expect(code).toBe(2);
  });
});
