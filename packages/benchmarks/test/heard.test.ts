// SPDX-License-Identifier: Apache-2.0
// heard.test - no message is missed, and nobody listens for ever

import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { heard } from '../src/heard.js';

describe('heard', () => {
  let process: EventEmitter;
  beforeEach(() => {
    jest.useFakeTimers();
    process = new EventEmitter();
  });
  afterEach(() => {
    expect(process.eventNames()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  test('hears messages that come at once, each by whom it is for', async () => {
    const both = Promise.all([heard(process, 'started', 100), heard(process, 'settled', 100)]);
    for (const type of ['usage', 'started', 'settled']) process.emit('message', { type });
    expect(await both).toEqual([{ type: 'started' }, { type: 'settled' }]);
  });

  test('says that the process ended, and how', async () => {
    const code = heard(process, 'ready', 100);
    process.emit('close', 3, null);
    await expect(code).rejects.toThrow('ended with 3 before it said ready');
    const signal = heard(process, 'ready', 100);
    process.emit('close', null, 'SIGKILL');
    await expect(signal).rejects.toThrow('ended with SIGKILL before it said ready');
  });

  test('says that nothing of the kind came', async () => {
    const nothing = heard(process, 'ready', 100);
    process.emit('message', { type: 'usage' });
    jest.advanceTimersByTime(100);
    await expect(nothing).rejects.toThrow('did not say ready within 100 ms');
  });

  test('passes on that the process could not be started', async () => {
    const failed = heard(process, 'ready', 100);
    process.emit('error', new Error('spawn ENOENT'));
    await expect(failed).rejects.toThrow('spawn ENOENT');
  });
});
