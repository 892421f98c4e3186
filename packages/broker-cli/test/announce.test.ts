// SPDX-License-Identifier: Apache-2.0
// announce.test - where it listens, in as many lines as there are endpoints

import { expect, test } from '@jest/globals';
import { announce } from '../src/announce.js';
import { RecordingLog } from './support/recording-log.js';

test('one broker says where it listens, and nothing of threads', () => {
  const log = new RecordingLog('info');
  announce([{ role: 'client', endpoints: ['tcp://127.0.0.1:1'] }], log, false);
  expect(log.lines).toEqual(['info listening on tcp://127.0.0.1:1 for clients only']);
  expect(log.fields).toEqual([{ event: 'listening', endpoint: 'tcp://127.0.0.1:1', role: 'client' }]);
});

test('several say whose endpoint each is, and once what to give to whom', () => {
  const log = new RecordingLog('info');
  const listening = [
    { role: 'client', endpoints: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'] },
    { role: 'worker', endpoints: ['ipc://a', 'ipc://a-2'] },
  ] as const;
  announce(listening, log, false);
  expect(log.lines).toEqual([
    'info thread 1: listening on tcp://127.0.0.1:1 for clients only',
    'info thread 2: listening on tcp://127.0.0.1:2 for clients only',
    'info thread 1: listening on ipc://a for workers only',
    'info thread 2: listening on ipc://a-2 for workers only',
    `info each of the 2 threads knows only who connects to it: give every client and worker all endpoints of a line:
  tcp://127.0.0.1:1 tcp://127.0.0.1:2 for clients only
  ipc://a ipc://a-2 for workers only`,
  ]);
  expect(log.fields[1]).toEqual({ event: 'listening', thread: 2, endpoint: 'tcp://127.0.0.1:2', role: 'client' });
  expect(log.fields[4]).toEqual({ event: 'threads', threads: 2, lists: listening });
});
