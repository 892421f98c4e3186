// SPDX-License-Identifier: Apache-2.0
// failure.test - the error reply for whatever a handler throws

import { describe, expect, test } from '@jest/globals';
import { BROKER_STATUSES, RemoteError } from '@mdp/protocol';
import { failureOf } from '../src/failure.js';

describe('what a handler throws', () => {
  test.each<[string, unknown, string]>([
    ['an error', new TypeError('no such size'), 'no such size'],
    ['a string', 'no such size', 'no such size'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object with a message', { message: 'no such size' }, 'no such size'],
    ['an object without a text', Object.create(null), 'something was thrown that has no text'],
    ['an error whose message is none', Object.assign(new Error(), { message: 5 }), 'Error: 5'],
    ['a status of no three digits', { message: 'm', code: 'MDP_REMOTE', status: 42 }, 'm'],
    ['an error of another realm', { message: 'm', status: 404 }, 'm'],
  ])('%s becomes 500', (_, thrown, message) => {
    expect(failureOf(thrown)).toEqual({ status: 500, message });
  });

  test('a RemoteError keeps its status', () => {
    expect(failureOf(new RemoteError(400, 'no such size'))).toEqual({ status: 400, message: 'no such size' });
  });

  test('a RemoteError of another copy of the package does too', () => {
    const error = Object.assign(new Error('no such size'), { code: 'MDP_REMOTE', status: 418 });
    expect(failureOf(error)).toEqual({ status: 418, message: 'no such size' });
  });

  test.each(BROKER_STATUSES.map((status) => [status]))(
    'the broker’s own status %i becomes 500 and is named',
    (status) => {
      expect(failureOf(new RemoteError(status, 'sorry'))).toEqual({
        status: 500,
        message: `sorry (status ${String(status)} is for brokers only)`,
      });
    },
  );

  test('a message is cut at 4,096 characters', () => {
    expect(failureOf(new Error('x'.repeat(10_000))).message).toHaveLength(4_096);
  });
});
