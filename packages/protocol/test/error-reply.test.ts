// SPDX-License-Identifier: Apache-2.0
// error-reply.test - what callers may put into an error reply; its bytes are in the vectors

import { describe, expect, test } from '@jest/globals';
import { BROKER_STATUSES, STATUS, decodeAtBroker, decodeErrorReply, encodeErrorReply } from '@mdp/protocol';
import { C2, wire } from './support/wire.js';

describe('error replies', () => {
  test.each(Object.entries(STATUS))('%s goes there and back', (_, status) => {
    expect(decodeErrorReply(encodeErrorReply(status, 'why'))).toEqual({ status, message: 'why' });
  });

  test.each([0, 99, 1000, 404.5, Number.NaN, -404, '404'])('refuse %p as a status', (status) => {
    expect(() => encodeErrorReply(status as number, 'why')).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'status' }),
    );
  });

  test('are never taken for a command: their header is a body frame like any other', () => {
    expect(decodeAtBroker(wire(C2, 1, 'echo', ...encodeErrorReply(500, 'why')))).toMatchObject({
      type: 'request',
      body: encodeErrorReply(500, 'why'),
    });
    expect(decodeAtBroker(encodeErrorReply(500, 'why'))).toEqual({ type: 'invalid', reason: 'no-header' });
  });

  test('that only a broker sends do not include those of a handler', () => {
    expect([...BROKER_STATUSES].sort()).toEqual([
      STATUS.NO_WORKER,
      STATUS.OVERLOADED,
      STATUS.WORKER_LOST,
      STATUS.DRAINING,
      STATUS.DEADLINE,
    ]);
    for (const own of [STATUS.MALFORMED, STATUS.TOO_LARGE, STATUS.HANDLER_FAILED]) {
      expect(BROKER_STATUSES).not.toContain(own);
    }
  });
});
