// SPDX-License-Identifier: Apache-2.0
// allow-files.test - lists in files and folders: read whole or not at all, and watched

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKeyFile } from '@mdp/protocol/internal';
import { generateKeyPair } from '@mdp/protocol/node';
import { waitUntil } from '@mdp/testkit';
import { AllowFiles } from '../../src/security/allow-files.js';

const ALICE = generateKeyPair();
const BOB = generateKeyPair();

let folder: string;
let list: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-allow-files-'));
  list = join(folder, 'list');
  writeFileSync(list, `${ALICE.publicKey} alice\n`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const knows = (files: AllowFiles, key: string): boolean => files.list.find(key) !== undefined;

describe('reading', () => {
  test('several files and folders are one list; of a folder the public key files count', () => {
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    writeFileSync(join(keys, 'bob.key'), formatKeyFile({ publicKey: BOB.publicKey, name: 'bob' }));
    writeFileSync(join(keys, 'eve.key_secret'), formatKeyFile(generateKeyPair()), { mode: 0o600 });
    writeFileSync(join(keys, 'notes.txt'), 'no key');
    const files = new AllowFiles('allow', [list, keys]);
    expect(files.list.size).toBe(2);
    expect(files.list.find(BOB.publicKey)?.name).toBe('bob');
  });

  test('an empty list lets nobody in', () => {
    writeFileSync(list, '# nobody yet\n');
    expect(new AllowFiles('allow', [list]).list.size).toBe(0);
  });

  test.each([
    ['one that is not there', (): void => rmSync(list), 'a list of keys that can be read (ENOENT'],
    ['one with a fault', (): void => writeFileSync(list, 'x'), 'a list of keys, and line 1 does not begin with'],
  ])('%s is an error that names the option and the file', (_what, spoil, allowed) => {
    spoil();
    const message = `allow: got ${JSON.stringify(list)}, allowed is ${allowed}`;
    expect(() => new AllowFiles('allow', [list])).toThrow(message);
  });

  const posix = process.platform === 'win32' ? test.skip : test;
  posix('a pipe, which somebody would have to write to, is not waited for', () => {
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    const files = new AllowFiles('allow', [list, keys]);
    execFileSync('mkfifo', [join(keys, 'pipe.key')]);
    expect(() => files.reload()).toThrow('a list of keys that can be read (it is no regular file)');
    expect(knows(files, ALICE.publicKey)).toBe(true);
  });

  test('again: all of it, or what was read before goes on to hold', () => {
    const other = join(folder, 'other');
    writeFileSync(other, '');
    const files = new AllowFiles('allow', [list, other]);
    expect(files.reload()).toBe(false);
    writeFileSync(other, `${BOB.publicKey} bob\n`);
    expect(files.reload()).toBe(true);
    expect(knows(files, BOB.publicKey)).toBe(true);

    writeFileSync(other, '');
    writeFileSync(list, 'broken');
    expect(() => files.reload()).toThrow('line 1');
    expect([knows(files, ALICE.publicKey), knows(files, BOB.publicKey)]).toEqual([true, true]);
  });
});

describe('watching', () => {
  async function changed(change: () => void, paths = [list]): Promise<void> {
    const files = new AllowFiles('allow', paths);
    let changes = 0;
    const faults: Error[] = [];
    const end = files.watch(
      () => changes++,
      (error) => faults.push(error),
    );
    try {
      change();
      await waitUntil('a change to be told', () => changes > 0);
    } finally {
      end();
    }
    expect(faults).toEqual([]);
  }

  test('a file that is written', async () => {
    await changed(() => {
      writeFileSync(list, `${BOB.publicKey}\n`);
    });
  });

  test('a file that another one takes the place of, as editors and deployments do it', async () => {
    await changed(() => {
      writeFileSync(`${list}.new`, `${BOB.publicKey}\n`);
      renameSync(`${list}.new`, list);
    });
  });

  test('what comes into a folder that has taken the place of another, after a while without any', async () => {
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    const files = new AllowFiles('allow', [keys]);
    const faults: string[] = [];
    const end = files.watch(
      () => {
        try {
          files.reload();
        } catch (error) {
          faults.push((error as Error).message);
        }
      },
      (error) => faults.push(error.message),
    );
    const put = (name: string, publicKey: string): void => {
      writeFileSync(join(keys, name), formatKeyFile({ publicKey }));
    };
    try {
      renameSync(keys, join(folder, 'before'));
      await waitUntil('the folder to be missed', () => faults.length > 0);
      mkdirSync(keys);
      put('alice.key', ALICE.publicKey);
      await waitUntil('the new folder to be read', () => knows(files, ALICE.publicKey));
      put('bob.key', BOB.publicKey);
      await waitUntil('a change in it to be read', () => knows(files, BOB.publicKey));
      rmSync(join(keys, 'alice.key'));
      await waitUntil('a key to be missed', () => !knows(files, ALICE.publicKey));
    } finally {
      end();
    }
  });

  test('folders that are gone, once, until they are there again', async () => {
    const outer = join(folder, 'outer');
    const keys = join(outer, 'list');
    mkdirSync(outer);
    writeFileSync(keys, '');
    const files = new AllowFiles('allow', [keys]);
    const faults: Error[] = [];
    let changes = 0;
    const end = files.watch(
      () => changes++,
      (error) => faults.push(error),
    );
    try {
      rmSync(outer, { recursive: true });
      await waitUntil('several tries', () => changes > 1);
      expect(faults).toHaveLength(1);
      mkdirSync(outer);
      writeFileSync(keys, `${BOB.publicKey}\n`);
      await waitUntil('the list to be read', () => {
        try {
          files.reload();
        } catch {
          return false; // it is being written
        }
        return knows(files, BOB.publicKey);
      });
      const before = changes;
      await waitUntil('its folder to be watched', () => {
        writeFileSync(keys, '');
        return changes > before;
      });
    } finally {
      end();
    }
  });

  test('a key file that comes into a folder', async () => {
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    await changed(() => {
      writeFileSync(join(keys, 'bob.key'), formatKeyFile({ publicKey: BOB.publicKey }));
    }, [keys]);
  });
});
