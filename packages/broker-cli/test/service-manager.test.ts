// SPDX-License-Identifier: Apache-2.0
// service-manager.test - what systemd is told, and when

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { ServiceManager, listeningStatus, watchdogMs } from '../src/service-manager.js';
import type { Totals } from '../src/totals.js';
import { HAS_SIGNALS } from './support/cli.js';
import { FakeSystemd } from './support/fake-systemd.js';
import { RecordingLog } from './support/recording-log.js';

const requests: Totals['requests'] = { queued: 2, queuedBytes: 0, running: 1, pendingBytes: 0 };
const TOTALS = { uptimeMs: 1, requests, counters: { requests: 1234 } } as unknown as Totals;
const totals = (): Promise<Totals> => Promise.resolve(TOTALS);

describe('watchdogMs', () => {
  test('is half of what systemd allows', () => {
    expect(watchdogMs({ WATCHDOG_USEC: '30000000' }, 7)).toBe(15_000);
    expect(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)).toBe(15_000);
  });

  test('is never so short that nothing else is done, nor longer than a timer can be', () => {
    expect(watchdogMs({ WATCHDOG_USEC: '1' }, 7)).toBe(50);
    expect(watchdogMs({ WATCHDOG_USEC: '99999999999999999' }, 7)).toBe(2 ** 31 - 1);
  });

  test.each([
    {},
    { WATCHDOG_USEC: '' },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: '-5' },
    { WATCHDOG_USEC: 'soon' },
    { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' },
  ])('there is none with %j', (env) => {
    expect(watchdogMs(env, 7)).toBeUndefined();
  });
});

test('the status names every endpoint', () => {
  const one = { role: 'any', curve: false, allow: false } as const;
  expect(listeningStatus([{ ...one, endpoints: ['tcp://*:1', 'tcp://*:2'] }])).toBe('listening on tcp://*:1 tcp://*:2');
});

test('without NOTIFY_SOCKET nobody is told anything', async () => {
  const log = new RecordingLog('debug');
  const manager = new ServiceManager({ PATH: '/nowhere', WATCHDOG_USEC: '1' }, log);
  manager.ready('here', totals);
  await manager.reloading(totals);
  manager.stopping(0, 0);
  await manager.close();
  expect(log.lines).toEqual([]);
});

(HAS_SIGNALS ? describe : describe.skip)('with systemd', () => {
  test('it hears of start, reload and stop, one after the other', async () => {
    await using systemd = await FakeSystemd.start();
    const log = new RecordingLog('debug');
    const manager = new ServiceManager(systemd.env, log);
    manager.ready('listening on tcp://*:5555', totals);
    await manager.reloading(totals);
    manager.stopping(3, 20_000);
    await manager.close();
    const told = await systemd.told();
    expect(told).toEqual([
      ['READY=1', 'STATUS=listening on tcp://*:5555'],
      ['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=\d+$/)],
      ['READY=1'],
      ['STOPPING=1', 'STATUS=stopping: 3 requests running', 'EXTEND_TIMEOUT_USEC=30000000'],
    ]);
    expect(log.lines).toEqual([]);
  });

  test('it hears of a reload only between the start and the stop', async () => {
    await using systemd = await FakeSystemd.start();
    const manager = new ServiceManager(systemd.env, new RecordingLog('debug'));
    await manager.reloading(totals);
    manager.ready('here', totals);
    let finish: ((totals: Totals) => void) | undefined;
    const reload = manager.reloading(() => new Promise<Totals>((resolve) => (finish = resolve)));
    manager.stopping(0, 0);
    finish?.(TOTALS);
    await reload;
    await manager.reloading(totals);
    await manager.close();
    expect((await systemd.told()).map(([first]) => first)).toEqual(['READY=1', 'RELOADING=1', 'STOPPING=1']);
  });

  test('reloads that come while one is under way have one answer together, after it', async () => {
    await using systemd = await FakeSystemd.start();
    const manager = new ServiceManager(systemd.env, new RecordingLog('debug'));
    manager.ready('here', totals);
    await Promise.all([manager.reloading(totals), manager.reloading(totals), manager.reloading(totals)]);
    await manager.close();
    expect((await systemd.told()).map(([first]) => first)).toEqual([
      'READY=1',
      ...['RELOADING=1', 'READY=1'],
      ...['RELOADING=1', 'READY=1'],
    ]);
  });

  test('it gets signs of life with the figures, and none while a thread hangs', async () => {
    await using systemd = await FakeSystemd.start();
    const manager = new ServiceManager({ ...systemd.env, WATCHDOG_USEC: '1' }, new RecordingLog('debug'));
    let answer: (() => void) | undefined;
    let asked = 0;
    manager.ready('here', () => {
      asked += 1;
      if (asked !== 3) return totals();
      return new Promise<Totals>((resolve) => {
        answer = () => {
          resolve(TOTALS);
        };
      });
    });
    await waitUntil('the third question', () => answer);
    // Nothing else is asked while it is not answered, however often the timer fires: the third sign waits for the answer.
    expect((await systemd.told()).filter(([first]) => first === 'WATCHDOG=1')).toHaveLength(2);
    answer?.();
    expect(await systemd.heard('WATCHDOG=1', 3)).toEqual([
      'WATCHDOG=1',
      'STATUS=1 request running, 2 requests waiting, 1,234 requests in all',
    ]);
    manager.stopping(0, 0);
    await manager.close();
  });

  test('that it cannot be told is said once, and again after it could be', async () => {
    await using systemd = await FakeSystemd.start();
    const log = new RecordingLog('info');
    const manager = new ServiceManager(systemd.env, log);
    await systemd.fail('no such socket');
    manager.ready('here', totals);
    await manager.reloading(totals);
    expect(log.lines).toEqual(['warn systemd could not be told READY=1: systemd-notify ended with 1: no such socket']);
    await systemd.fail();
    await manager.reloading(totals);
    await systemd.fail('gone again');
    manager.stopping(0, 0);
    await manager.close();
    expect(log.lines.slice(1)).toEqual([
      'warn systemd could not be told STOPPING=1: systemd-notify ended with 1: gone again',
    ]);
  });

  test('without its program the broker goes on', async () => {
    const log = new RecordingLog('info');
    const manager = new ServiceManager({ NOTIFY_SOCKET: '@x', PATH: '/nowhere' }, log);
    manager.ready('here', totals);
    await manager.close();
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn systemd could not be told READY=1: systemd-notify ended with 127: .*not found$/),
    ]);
  });
});
