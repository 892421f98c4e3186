// SPDX-License-Identifier: Apache-2.0
// try-it.test - the commands that a new user is told to type

import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Listening } from '../src/served-broker.js';
import { connectEndpoint, programCommand, tryItCommands } from '../src/try-it.js';

const at = (endpoints: string[], rights: Partial<Listening> = {}): Listening => ({
  endpoints,
  role: 'any',
  curve: false,
  allow: false,
  ...rights,
});

describe('tryItCommands', () => {
  test('an encrypted endpoint needs the public key, and one that lists keys a key of its own', () => {
    const key = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
    const endpoint = 'tcp://127.0.0.1:5555';
    expect(tryItCommands([at([endpoint], { curve: true })], 'mdp-broker', key)).toEqual([
      `mdp-broker echo worker --server-key '${key}'`,
      `mdp-broker echo client --server-key '${key}'`,
    ]);
    const both = [at([endpoint], { role: 'client', curve: true, allow: true }), at(['ipc://w'], { role: 'worker' })];
    expect(tryItCommands(both, 'mdp-broker', key)).toEqual([
      'mdp-broker echo worker -b ipc://w',
      `mdp-broker echo client --server-key '${key}' --key NAME.key_secret`,
    ]);
  });

  test.each([['mdp-echo'], ['mdp-*'], ['*']])('an endpoint that serves %s serves what is tried', (service) => {
    expect(tryItCommands([at(['ipc://x'], { services: ['resize', service] })], 'mdp-broker')).toHaveLength(2);
  });

  test('the default endpoint needs no option', () => {
    expect(tryItCommands([at(['tcp://127.0.0.1:5555'])], 'mdp-broker')).toEqual([
      'mdp-broker echo worker',
      'mdp-broker echo client',
    ]);
  });

  test('each role gets the endpoints of all threads', () => {
    const listening = [at(['tcp://*:1', 'tcp://*:2'])];
    const options = '-b tcp://127.0.0.1:1 -b tcp://127.0.0.1:2';
    expect(tryItCommands(listening, 'mdp-broker')).toEqual([
      `mdp-broker echo worker ${options}`,
      `mdp-broker echo client ${options}`,
    ]);
  });

  test('each role gets an endpoint that it may use', () => {
    const endpoints = [
      at(['tcp://0.0.0.0:5555'], { role: 'client' }),
      at(["ipc:///tmp/it's here"], { role: 'worker' }),
    ];
    expect(tryItCommands(endpoints, 'npx mdp-broker')).toEqual([
      `npx mdp-broker echo worker -b 'ipc:///tmp/it'\\''s here'`,
      'npx mdp-broker echo client',
    ]);
  });

  test.each([
    [[at(['inproc://x'])]],
    [[at(['tcp://127.0.0.1:5555'], { role: 'client' })]],
    [[at(['tcp://127.0.0.1:5555'], { services: ['resize', 'mdp-e', 'x*'] })]],
  ])('nothing is promised that cannot work: %j', (endpoints) => {
    expect(tryItCommands(endpoints, 'mdp-broker')).toEqual([]);
  });

  test.each([
    ['tcp://0.0.0.0:7', 'tcp://127.0.0.1:7'],
    ['tcp://[::]:7', 'tcp://127.0.0.1:7'],
    ['tcp://10.0.0.1:7', 'tcp://10.0.0.1:7'],
    ['ipc://x', 'ipc://x'],
  ])('a peer reaches %s as %s', (bound, connect) => {
    expect(connectEndpoint(bound)).toBe(connect);
  });
});

// Windows has wrappers in place of links, and its own separators.
(process.platform === 'win32' ? describe.skip : describe)('programCommand', () => {
  let folder = '';
  let script = '';
  const platform = 'linux';

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mdp-try-')));
    script = join(folder, 'mdp-broker.js');
    await writeFile(script, '');
    await mkdir(join(folder, 'project', 'deep'), { recursive: true });
    await mkdir(join(folder, 'bin'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const command = (given: { script?: string; path?: string; cwd?: string }): string =>
    programCommand({ script, path: '', cwd: join(folder, 'project', 'deep'), platform, ...given });

  test('in a project that has it, npx finds it from any folder below', async () => {
    await mkdir(join(folder, 'project', 'node_modules', '.bin'), { recursive: true });
    await symlink(script, join(folder, 'project', 'node_modules', '.bin', 'mdp-broker'));
    expect(command({})).toBe('npx mdp-broker');
  });

  test('on the path, its name is enough', async () => {
    await symlink(script, join(folder, 'bin', 'mdp-broker'));
    expect(command({ path: join(folder, 'bin') })).toBe('mdp-broker');
    expect(command({ path: join(folder, 'bin'), script: join(folder, 'bin', 'mdp-broker') })).toBe('mdp-broker');
  });

  test('another program of that name is not ours', async () => {
    await writeFile(join(folder, 'bin', 'mdp-broker'), '');
    expect(command({ path: join(folder, 'bin') })).toBe('node ../../mdp-broker.js');
  });

  test("from npx's own cache, the package is named", async () => {
    const cached = join(folder, '_npx', '1234', 'mdp-broker.js');
    await mkdir(join(folder, '_npx', '1234'), { recursive: true });
    await writeFile(cached, '');
    expect(command({ script: cached })).toBe('npx @mdp/broker-cli');
  });
});
