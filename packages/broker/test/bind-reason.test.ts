// SPDX-License-Identifier: Apache-2.0
// bind-reason.test - the event knows why an endpoint could not be bound, when bind() does not

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BindReason } from '../src/bind-reason.js';

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const again = failure('EAGAIN');
const inUse = failure('EADDRINUSE');
let reason: BindReason;

describe('BindReason', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    reason = new BindReason();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is what bind() says, if that is one', async () => {
    reason.tell(failure('EACCES'));
    expect(await reason.of(inUse)).toBe(inUse);
  });

  test('is what the event said before', async () => {
    reason.tell(inUse);
    expect(await reason.of(again)).toBe(inUse);
  });

  test('is what the event says soon', async () => {
    const found = reason.of(again);
    reason.tell(inUse);
    expect(await found).toBe(inUse);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is what bind() says when no event comes', async () => {
    const found = reason.of(again);
    jest.advanceTimersByTime(1000);
    expect(await found).toBe(again);
  });
});
