// SPDX-License-Identifier: Apache-2.0
// key-files.test - the key files of mdp-broker keygen are pyzmq's certificates, and the other way round

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readKeyFile } from '@mdp/protocol/node';
import { findMajortomo, run } from '@mdp/testkit';

// Majortomo brings pyzmq along.
const majortomo = await findMajortomo();
const python = majortomo.python ?? '';

const BIN = resolve('packages', 'broker-cli', 'bin', 'mdp-broker.js');

/** The keys of a file as pyzmq reads them. */
async function loadCertificate(file: string): Promise<unknown> {
  const code = `
import json, sys, zmq.auth
public, secret = zmq.auth.load_certificate(sys.argv[1])
print(json.dumps([public.decode(), secret.decode() if secret else None]))
`;
  return JSON.parse((await run(python, ['-c', code, file])).stdout);
}

const suite = majortomo.python === undefined ? describe.skip : describe;

suite('key files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mdp-certificates-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('of keygen are read by pyzmq', async () => {
    await run(process.execPath, [BIN, 'keygen', '--dir', folder, '--expires', '2100-01-31', 'ours']);
    const { publicKey, secretKey } = readKeyFile('x', join(folder, 'ours.key_secret'), true);
    expect(await loadCertificate(join(folder, 'ours.key_secret'))).toEqual([publicKey, secretKey]);
    expect(await loadCertificate(join(folder, 'ours.key'))).toEqual([publicKey, null]);
  });

  test('of pyzmq are read here, once nobody but their owner can read the secret one', async () => {
    await run(python, ['-c', "import sys, zmq.auth; zmq.auth.create_certificates(sys.argv[1], 'theirs')", folder]);
    const secretFile = join(folder, 'theirs.key_secret');
    // It writes the secret one with the modes of any other file.
    chmodSync(secretFile, 0o600);
    const { publicKey, secretKey } = readKeyFile('x', secretFile, true);
    expect(await loadCertificate(secretFile)).toEqual([publicKey, secretKey]);
    expect(readKeyFile('x', join(folder, 'theirs.key'), false)).toEqual({ publicKey });
  });
});
