// SPDX-License-Identifier: Apache-2.0
// systemd.test - a broker that systemd has started tells it how it is

import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { TestProcess, waitUntil } from '@mdp/testkit';
import { BIN, HAS_SIGNALS, said, startBroker } from '../support/cli.js';
import { FakeSystemd } from '../support/fake-systemd.js';
import { HeldRequest } from '../support/held-request.js';

(HAS_SIGNALS ? describe : describe.skip)('started by systemd', () => {
  test('it tells when it listens, reads its keys again, and stops', async () => {
    await using systemd = await FakeSystemd.start();
    await using broker = await startBroker(['--drain', '1h'], { env: systemd.env });
    expect(await systemd.heard('READY=1')).toEqual(['READY=1', `STATUS=listening on ${broker.endpoint}`]);
    broker.process.signal('SIGHUP');
    await systemd.heard('READY=1', 2);
    await using held = await HeldRequest.at(broker.endpoint);
    broker.process.signal('SIGTERM');
    await said(broker.process, 'stopping; 1 running request');
    expect(await systemd.heard('STOPPING=1')).toEqual([
      'STOPPING=1',
      'STATUS=stopping: 1 request running',
      'EXTEND_TIMEOUT_USEC=3610000000',
    ]);
    held.release();
    expect(await broker.process.exited).toEqual({ code: 0, signal: null });
    expect((await systemd.told()).map(([first]) => first)).toEqual(['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1']);
  });

  test('every thread has to answer for a sign of life', async () => {
    await using systemd = await FakeSystemd.start();
    const env = { ...systemd.env, WATCHDOG_USEC: '200000' };
    await using broker = await startBroker(['--threads', '2'], { env });
    expect(await systemd.heard('WATCHDOG=1', 2)).toEqual([
      'WATCHDOG=1',
      'STATUS=0 requests running, 0 requests waiting, 0 requests in all',
    ]);
    broker.process.signal('SIGTERM');
    expect(await broker.process.exited).toEqual({ code: 0, signal: null });
    const told = await waitUntil('the last message', async () => {
      const all = await systemd.told();
      return all.some(([first]) => first === 'STOPPING=1') ? all : undefined;
    });
    expect(told[0]?.[0]).toBe('READY=1');
  });

  (process.platform === 'linux' ? test : test.skip)('it says that it lives when it has no file left', async () => {
    await using systemd = await FakeSystemd.start();
    const env = { ...systemd.env, WATCHDOG_USEC: '200000' };
    // More than it needs for a moment to load all of its modules, also where the machine is busy.
    const line = ['-c', 'ulimit -n 400; exec "$@"', 'sh', process.execPath, BIN, '-b', 'tcp://127.0.0.1:*'];
    await using broker = new TestProcess('sh', line, { env });
    const [, port = ''] = await said(broker, /listening on tcp:\/\/127\.0\.0\.1:(\d+)/);
    const sockets = Array.from({ length: 600 }, () => {
      // Some are refused, which is what is wanted.
      return connect(Number(port), '127.0.0.1').on('error', () => undefined);
    });
    try {
      await said(broker, 'no connection can be accepted');
      const before = (await systemd.told()).filter(([first]) => first === 'WATCHDOG=1').length;
      await systemd.heard('WATCHDOG=1', before + 3);
      expect(broker.stderr).not.toContain('systemd could not be told');
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  (process.platform === 'linux' ? describe : describe.skip)('with its standard error in the journal', () => {
    /** Names the file that stderr is, as systemd does. */
    const NAMED = 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"';
    const start = (args: readonly string[]): TestProcess =>
      new TestProcess('sh', ['-c', NAMED, 'sh', process.execPath, BIN, ...args]);

    test('it says how bad each line is, and not when', async () => {
      await using broker = start(['-b', 'tcp://127.0.0.1:*']);
      await said(broker, /^<6>info    listening on tcp:/m);
      broker.signal('SIGTERM');
      expect(await broker.exited).toEqual({ code: 0, signal: null });
      expect(
        broker.stderr
          .split('\n')
          .slice(0, -1)
          .filter((line) => !line.startsWith('<6>info    ')),
      ).toEqual([]);
    });

    test('what is wrong with its options is an error', async () => {
      await using broker = start(['--no-such-option']);
      expect(await broker.exited).toEqual({ code: 2, signal: null });
      expect(broker.stderr).toMatch(/^<3>mdp-broker: unknown option --no-such-option\n<3>Try .*\n$/);
    });
  });
});
