// SPDX-License-Identifier: Apache-2.0
// stop-when-registered.test - a listener of `registered` stops the worker while a REQUEST is being read

import { expect, test } from '@jest/globals';
import { zeroCounters } from '../../src/stats.js';
import { ConnectionState } from '../../src/state/connection-state.js';
import type { ConnectionPort } from '../../src/state/port.js';
import { Orphans } from '../../src/state/orphans.js';
import type { Task } from '../../src/state/task.js';
import { requestOf } from './recording-port.js';

test('a REQUEST that was read before the worker was stopped by who heard of its registration is not begun', () => {
  const said: string[] = [];
  const counters = zeroCounters();
  const port = new Proxy({} as ConnectionPort<Task>, {
    get: (_target, name) => () => {
      said.push(String(name));
      if (name === 'registered') state.drain();
      return true;
    },
  });
  const settings = {
    intervalMs: 2_500,
    expiryMs: 10_000,
    backoff: { baseMs: 1, maxMs: 1 },
    legacy: false,
    capacity: 1,
    confirmed: [],
    answerMs: undefined,
    doubtMs: 0,
    random: () => 0,
  };
  const state = new ConnectionState<Task>(settings, port, counters, new Orphans(1));
  state.start(0);
  state.receive(1, requestOf('t'));
  state.flush();
  expect(said).not.toContain('start');
  expect(state.phase).toBe('stopped');
  expect(counters.dropped.refused).toBe(1);
});
