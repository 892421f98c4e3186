// SPDX-License-Identifier: Apache-2.0
// notify-shell.test - one shell says everything to systemd, and another one when it was lost

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { NotifyShell } from '../src/notify-shell.js';
import { HAS_SIGNALS } from './support/cli.js';

/** Writes down what it is told, and fails when it is told to. */
const SCRIPT = `#!/bin/sh
for one; do printf '%s|' "$one" >>"\${0%/*}/told"; done
echo >>"\${0%/*}/told"
[ "$1" != FAIL=1 ] || { echo 'this is wrong' >&2; echo 'and that' >&2; exit 3; }
`;

let folder: string;
let shell: NotifyShell;

function pidOf({ pid }: NotifyShell): number {
  if (pid === undefined) throw new Error('there is no shell');
  return pid;
}

/** Whether a process of this number is there. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

(HAS_SIGNALS ? describe : describe.skip)('NotifyShell', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mdp-notify-'));
    await writeFile(join(folder, 'systemd-notify'), SCRIPT);
    await chmod(join(folder, 'systemd-notify'), 0o755);
    shell = new NotifyShell({ PATH: folder });
  });
  afterEach(async () => {
    shell.close();
    await rm(folder, { recursive: true });
  });

  test('says every assignment as it is, all of them by one shell', async () => {
    const messages = [
      ['READY=1', 'STATUS=listening on  tcp://*:5555'],
      ['STATUS=$HOME `id` \\ "* \'?'],
      ['WATCHDOG=1'],
    ];
    const shells = new Set<number | undefined>();
    for (const message of messages) {
      expect(await shell.send(message)).toBeUndefined();
      shells.add(shell.pid);
    }
    const told = await readFile(join(folder, 'told'), 'utf8');
    expect(told).toBe(messages.map((message) => `${message.join('|')}|\n`).join(''));
    expect(shells.size).toBe(1);
  });

  test('tells the first line of a complaint, and goes on', async () => {
    expect(await shell.send(['FAIL=1'])).toBe('systemd-notify ended with 3: this is wrong');
    expect(await shell.send(['READY=1'])).toBeUndefined();
  });

  test('starts another shell when it was lost', async () => {
    await shell.send(['READY=1']);
    const first = pidOf(shell);
    process.kill(first, 'SIGKILL');
    // What is said in the moment of its end may be lost with it, and that is told.
    await waitUntil(
      'another shell',
      async () => (await shell.send(['WATCHDOG=1'])) === undefined && shell.pid !== first,
    );
    await waitUntil('the end of the first', () => !isThere(first));
  });

  test('ends with the process that it was started for', async () => {
    await shell.send(['READY=1']);
    const pid = pidOf(shell);
    expect(isThere(pid)).toBe(true);
    shell.close();
    await waitUntil('the end of the shell', () => !isThere(pid));
  });
});
