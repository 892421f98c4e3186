// SPDX-License-Identifier: Apache-2.0
// keygen.test - keys are made by one command, and a broker that lets in one of them by another

import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair, readKeyFile } from '@mdp/protocol/node';
import { HAS_SIGNALS, runCli, said, startBroker } from '../support/cli.js';
import { CurvePeer, LET_IN, knock } from '../support/curve-peer.js';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mdp-keygen-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('keygen', () => {
  test('and one more command make a broker that lets in one key and no other', async () => {
    const made = await runCli(['keygen', 'broker', 'alice'], { cwd: folder });
    expect([made.code, made.stderr]).toEqual([0, '']);
    const [, command = ''] = /^ +(?:\S+ )+(--curve-key .+)$/m.exec(made.stdout) ?? [];
    expect(command).toBe('--curve-key broker.key_secret --allow alice.key');

    const own = readKeyFile('x', join(folder, 'broker.key_secret'), true);
    const hers = readKeyFile('x', join(folder, 'alice.key_secret'), true);
    const { publicKey } = readKeyFile('x', join(folder, 'broker.key'), false);
    await using broker = await startBroker([...command.split(' '), '-D'], { cwd: folder });
    await said(broker.process, `${broker.endpoint} (encrypted, for keys that are allowed)`);
    await said(broker.process, `its public key, which clients and workers need: ${publicKey}`);
    using peer = new CurvePeer(broker.endpoint, publicKey, hers as CurveKeyPair);
    expect(await peer.ask('mmi.service', 'none')).toEqual(LET_IN);
    const [, info = ''] = await peer.ask('mmi.broker');
    expect(JSON.parse(info)).toMatchObject({ counters: { keysAccepted: 1 } });
    const stranger = generateKeyPair();
    const refusal = `a peer at 127.0.0.1 was refused: its key is not allowed there; the public key is ${stranger.publicKey}`;
    await knock(broker.endpoint, publicKey, stranger, () => said(broker.process, refusal));
    // Whoever reads the log, the output or mmi.broker learns no secret.
    for (const text of [made.stdout, broker.process.stderr, info]) {
      for (const { secretKey = '' } of [own, hers]) expect(text).not.toContain(secretKey);
    }
  });

  test('overwrites nothing, and names the file', async () => {
    writeFileSync(join(folder, 'broker.key_secret'), 'mine');
    const { code, stdout, stderr } = await runCli(['keygen'], { cwd: folder });
    expect(stderr).toMatch(/^mdp-broker: "broker\.key_secret" exists and is not overwritten: .+\n/);
    expect([code, stdout]).toEqual([2, '']);
    expect(readFileSync(join(folder, 'broker.key_secret'), 'utf8')).toBe('mine');
  });

  test('writes into a folder of its own, with an end', async () => {
    const { code, stdout } = await runCli(['keygen', '--dir', 'keys', '--expires', '2100-01-31', 'bob'], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toContain(join('keys', 'bob.key'));
    // The broker's key is somewhere else: where, is not guessed.
    expect(stdout).toContain(`\n  --allow ${join('keys', 'bob.key')}\n`);
    expect(stdout).not.toContain('--curve-key');
    expect(readKeyFile('x', join(folder, 'keys', 'bob.key'), false)).toMatchObject({
      name: 'bob',
      expires: '2100-01-31',
    });
    if (HAS_SIGNALS) expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
  });

  test.each([
    [['a/b'], 'NAME: got "a/b", allowed is a name of up to 100 letters'],
    [['--expires'], '--expires needs a value: allowed is a date such as 2027-01-31'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await runCli(['keygen', ...args], { cwd: folder });
    expect(stderr).toContain(`mdp-broker: ${message}`);
    expect(code).toBe(2);
  });
});
