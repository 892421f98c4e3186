// SPDX-License-Identifier: Apache-2.0
// curve.test - keys: made, derived, written and read, and what is refused

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curveKeyPair } from 'zeromq';
import { formatKeyFile, parseKeyFile } from '@mdp/protocol/internal';
import {
  curveSocketOptions,
  generateKeyPair,
  publicKeyOf,
  readKeyFile,
  resolveCurve,
  resolveCurveServer,
} from '@mdp/protocol/node';
import { isReadableByOthers } from '../src/node/curve.js';

const own = generateKeyPair();
const other = generateKeyPair();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-keys-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Write a file and say where it is. */
function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('key pairs', () => {
  test('the public key of a secret one is the one that ZeroMQ made with it', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey, secretKey } = curveKeyPair();
      expect(publicKeyOf(secretKey)).toBe(publicKey);
    }
  });

  test('each is another one', () => {
    expect(own.secretKey).not.toBe(other.secretKey);
    expect(publicKeyOf(own.secretKey)).toBe(own.publicKey);
  });
});

describe('key files', () => {
  test('say what was written', () => {
    const pair = { ...own, name: 'alice', expires: '2027-01-31' };
    expect(parseKeyFile(formatKeyFile(pair))).toEqual(pair);
    expect(parseKeyFile(formatKeyFile({ publicKey: own.publicKey }))).toEqual({ publicKey: own.publicKey });
  });

  test('are those of czmq and pyzmq', () => {
    const text = `#   ****  Generated on 2026-11-23 10:11:12.131415 by pyzmq  ****
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
curve
    public-key = "${own.publicKey}"
    secret-key = "${own.secretKey}"
`;
    expect(parseKeyFile(text)).toEqual(own);
  });

  test.each([
    ['', 'it has no public-key'],
    ['curve\n public-key = "abc"\n', 'its public-key is not 40 characters of Z85'],
    [`public-key = "${own.publicKey}"\nsecret-key = x\n`, 'its secret-key is not 40 characters of Z85'],
    [`public-key = ${own.publicKey}\npublic-key = ${other.publicKey}\n`, 'it has public-key twice'],
  ])('%j is none: %s', (text, why) => {
    expect(parseKeyFile(text)).toBe(why);
  });

  test('a secret key that others can read is refused, by name, mode and remedy', () => {
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      const path = file('shown.key_secret', formatKeyFile(own), mode);
      expect(() => readKeyFile('curve.keyFile', path, true)).toThrow(
        `curve.keyFile: got ${JSON.stringify(path)}, allowed is a secret key that only its owner can read: its mode is 0${mode.toString(8)}, chmod 600 it`,
      );
    }
    for (const mode of [0o600, 0o400]) {
      const path = file(`hidden-${String(mode)}.key_secret`, formatKeyFile(own), mode);
      expect(readKeyFile('curve.keyFile', path, true)).toEqual(own);
    }
  });

  test("a secret key of root's may be read by its group, in which root has put this process, and by nobody else", () => {
    for (const mode of [0o400, 0o440, 0o600, 0o640]) {
      expect(isReadableByOthers({ mode: 0o100000 | mode, uid: 0 }, 1000)).toBe(false);
    }
    for (const mode of [0o444, 0o604, 0o660, 0o450, 0o641]) {
      expect(isReadableByOthers({ mode: 0o100000 | mode, uid: 0 }, 1000)).toBe(true);
    }
    // One's own file is closed by oneself, and root needs no group.
    expect(isReadableByOthers({ mode: 0o100440, uid: 1000 }, 1000)).toBe(true);
    expect(isReadableByOthers({ mode: 0o100440, uid: 1001 }, 1000)).toBe(true);
    expect(isReadableByOthers({ mode: 0o100440, uid: 0 }, 0)).toBe(true);
  });

  test('a public key is read whoever else can read it', () => {
    const path = file('own.key', formatKeyFile({ publicKey: own.publicKey }), 0o644);
    expect(readKeyFile('curve.serverKeyFile', path, false)).toEqual({ publicKey: own.publicKey });
    // Nobody is told to hide it when it was taken for the secret one.
    expect(() => readKeyFile('curve.keyFile', path, true)).toThrow('a key file with a secret key');
  });

  test('two keys that do not belong together are refused', () => {
    const path = file('mixed.key_secret', formatKeyFile({ publicKey: other.publicKey, secretKey: own.secretKey }));
    expect(() => readKeyFile('curve.keyFile', path, true)).toThrow('whose two keys belong together');
  });

  test('one that is not there is refused', () => {
    const path = join(folder, 'nowhere');
    expect(() => readKeyFile('curve.keyFile', path, true)).toThrow('a key file that can be read (ENOENT');
  });
});

describe('the option curve', () => {
  test('is not needed', () => {
    expect(resolveCurve(undefined)).toBeUndefined();
    expect(resolveCurveServer(undefined)).toBeUndefined();
  });

  test('takes keys, and files of them', () => {
    const serverKeyFile = file('server.key', formatKeyFile({ publicKey: other.publicKey }), 0o644);
    const keyFile = file('client.key_secret', formatKeyFile(own));
    const resolved = { serverKey: other.publicKey, ...own };
    expect(resolveCurve({ serverKey: other.publicKey, secretKey: own.secretKey })).toEqual(resolved);
    expect(resolveCurve({ serverKeyFile, keyFile })).toEqual(resolved);
    expect(resolveCurveServer({ keyFile })).toEqual(own);
    expect(resolveCurveServer({ secretKey: own.secretKey })).toEqual(own);
  });

  test('makes a key of the moment for who has none', () => {
    const first = resolveCurve({ serverKey: other.publicKey });
    const second = resolveCurve({ serverKey: other.publicKey });
    expect(first?.secretKey).not.toBe(second?.secretKey);
    expect(publicKeyOf(first?.secretKey ?? '')).toBe(first?.publicKey);
  });

  test('does not go with what stays in a process: ZeroMQ would not encrypt it', () => {
    const options = { serverKey: other.publicKey, secretKey: own.secretKey };
    expect(resolveCurve(options, ['tcp://a:1', 'ipc:///tmp/x'])).toBeDefined();
    expect(() => resolveCurve(options, ['tcp://a:1', 'inproc://x'])).toThrow(
      'curve: got an object, allowed is none with inproc://x: ZeroMQ does not encrypt what stays in a process',
    );
    expect(resolveCurve(undefined, ['inproc://x'])).toBeUndefined();
  });

  test('is what a socket is set to', () => {
    expect(curveSocketOptions(undefined)).toBeUndefined();
    expect(curveSocketOptions({ serverKey: other.publicKey, ...own })).toEqual({
      curveServerKey: other.publicKey,
      curvePublicKey: own.publicKey,
      curveSecretKey: own.secretKey,
    });
  });

  test('says what is wrong, and never shows a key', () => {
    const wrong = `${own.secretKey}x`;
    let message = '';
    try {
      resolveCurve({ serverKey: other.publicKey, secretKey: wrong });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe('curve.secretKey: got 41 bytes, allowed is a key of 40 characters of Z85');
    expect(() => resolveCurve({})).toThrow('curve.serverKey: got undefined, allowed is a key');
    expect(() => resolveCurve({ serverKey: other.publicKey, serverKeyFile: 'x' })).toThrow('either this or');
    expect(() => resolveCurve({ serverKey: other.publicKey, secretKey: own.secretKey, keyFile: 'x' })).toThrow(
      'curve.keyFile: got "x", allowed is either this or curve.secretKey',
    );
    expect(() => resolveCurveServer({})).toThrow(
      'curve: got an object, allowed is an object with secretKey or keyFile',
    );
    expect(() => resolveCurve({ serverkey: 'x' } as never)).toThrow('did you mean curve.serverKey?');
    expect(() => resolveCurve('x' as never)).toThrow('curve: got "x", allowed is an object with');
  });
});
