// SPDX-License-Identifier: Apache-2.0
// request-log.test - the lines of one request, and what a hostile one makes of them

import { afterEach, expect, test } from '@jest/globals';
import { channel } from 'node:diagnostics_channel';
import { bytes } from '@mdp/protocol';
import { RequestLog } from '../src/request-log.js';
import { RecordingLog } from './support/recording-log.js';

let requests: RequestLog | undefined;
afterEach(() => requests?.close());

const worker = { peer: '03', service: 'resize', dialect: 'mx' as const };
const tell = (step: string, message: object): void => {
  channel(`mdp.broker.request.${step}`).publish(message);
};
const begun = { service: 'resize', client: '006b', dialect: 'rfc18', attempts: 0 };

test('each step of a request, by its number and its name', () => {
  const log = new RecordingLog('debug');
  requests = new RequestLog(log);
  const first = { ...begun };
  const second: object = { ...begun, id: bytes('order-17'), dialect: 'mx' };
  tell('start', first);
  tell('start', second);
  tell('dispatch', Object.assign(first, { worker, attempts: 1 }));
  tell('end', Object.assign(first, { outcome: 'answered' }));
  tell('end', Object.assign(second, { outcome: 'failed', status: 504 }));
  expect(log.lines).toEqual([
    'debug request 1 for "resize" came from rfc18, 006b',
    'debug request 2 "order-17" for "resize" came from mx, 006b',
    'debug request 1 for "resize" went to mx, 03 (attempt 1)',
    'debug request 1 for "resize" answered',
    'debug request 2 "order-17" for "resize" failed: 504',
  ]);
});

test('names are escaped, and shown in hexadecimal where they are no text', () => {
  const log = new RecordingLog('debug');
  requests = new RequestLog(log);
  tell('start', { ...begun, service: 'a\u202e', id: bytes('x\n') });
  tell('start', { ...begun, id: Uint8Array.of(0xff, 0) });
  expect(log.lines).toEqual([
    'debug request 1 "x\\u000a" for "a\\u202e" came from rfc18, 006b',
    'debug request 2 "ff00" for "resize" came from rfc18, 006b',
  ]);
});

test('nothing below debug, nor once it is closed; and it costs nothing then', () => {
  const start = channel('mdp.broker.request.start');
  const quiet = new RecordingLog('verbose');
  requests = new RequestLog(quiet);
  expect(start.hasSubscribers).toBe(false);
  const log = new RecordingLog('debug');
  requests = new RequestLog(log);
  requests.close();
  tell('start', { ...begun });
  expect([log.lines, start.hasSubscribers]).toEqual([[], false]);
});

test('follows the level while it changes', () => {
  const log = new RecordingLog('info');
  requests = new RequestLog(log);
  tell('start', { ...begun });
  log.level = 'debug';
  requests.follow();
  requests.follow();
  tell('start', { ...begun });
  log.level = 'info';
  requests.follow();
  tell('start', { ...begun });
  expect(log.lines).toEqual(['debug request 1 for "resize" came from rfc18, 006b']);
});
