// SPDX-License-Identifier: Apache-2.0
// admin-refusals.test - who was refused by the admin interface is counted, and told without filling the log

import { expect, test } from '@jest/globals';
import { AdminRefusals } from '../src/admin-refusals.js';
import { BurstLog } from '../src/burst-log.js';
import { RecordingLog } from './support/recording-log.js';

test('each is counted; of many the log has the first, and how many more', () => {
  const log = new RecordingLog('info');
  const refusals = new AdminRefusals(new BurstLog(log, () => 0));
  for (let i = 0; i < 50; i++) refusals.note('token', '10.1.2.3');
  refusals.note('host', '');
  refusals.close();
  expect(refusals.counts).toMatchObject({ token: 50, host: 1, noToken: 0 });
  expect(log.lines).toEqual([
    'warn the admin interface refused somebody: the token is wrong (from 10.1.2.3)',
    'warn … and 50 more refusals of the admin interface',
  ]);
  expect(log.fields[0]).toEqual({ event: 'adminRefused', reason: 'token', address: '10.1.2.3' });
});

test('who shows no token is counted, and not logged: the status page asks so at first', () => {
  const log = new RecordingLog('debug');
  const refusals = new AdminRefusals(new BurstLog(log, () => 0));
  refusals.note('noToken', '10.1.2.3');
  refusals.close();
  expect([refusals.counts.noToken, log.lines]).toEqual([1, []]);
});
