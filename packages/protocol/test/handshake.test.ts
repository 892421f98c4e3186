// SPDX-License-Identifier: Apache-2.0
// handshake.test - what is made of the events of a socket that cannot connect

import { describe, expect, test } from '@jest/globals';
import type { ConnectEvent, Refusal } from '@mdp/protocol/internal';
import { HandshakeReader, closedInARow } from '@mdp/protocol/internal';

const auth = (status: number): ConnectEvent => ({
  type: 'handshake:error:auth',
  error: { message: 'Authentication failure', status },
});
const protocol = (code: string): ConnectEvent => ({ type: 'handshake:error:protocol', error: { message: 'no', code } });
const other = (code: string): ConnectEvent => ({ type: 'handshake:error:other', error: { message: 'no', code } });
const OTHER = other('EPIPE');

/** What a socket tells of these events. */
function told(encrypted: boolean, ...events: (ConnectEvent | string)[]): Refusal[] {
  const reader = new HandshakeReader(encrypted);
  return events.flatMap((event) => reader.read(typeof event === 'string' ? { type: event } : event) ?? []);
}

describe('a no is final, and says why', () => {
  test.each<[string, boolean, ConnectEvent, string]>([
    ['a key that is not allowed', true, auth(400), 'this key is not allowed (curve)'],
    ['a peer without a key that is not allowed', false, auth(400), 'this peer is not allowed'],
    ['a broker that cannot check', true, auth(500), 'it failed to check who connects (status 500)'],
    ['a broker without time', true, auth(300), 'it cannot check who connects now: it may be tried again (status 300)'],
    [
      'a broker that encrypts',
      false,
      protocol('ERR_ZMTP_MECHANISM_MISMATCH'),
      'it expects an encrypted connection (curve)',
    ],
    [
      'a broker that does not',
      true,
      protocol('ERR_ZMTP_MECHANISM_MISMATCH'),
      'it is not encrypted, and this side has keys (curve)',
    ],
    ['anything else', true, protocol('ERR_ZMTP_CRYPTOGRAPHIC'), 'the handshake failed (ERR_ZMTP_CRYPTOGRAPHIC)'],
  ])('%s', (_, encrypted, event, reason) => {
    expect(told(encrypted, 'connect:delay', 'connect', event)).toEqual([{ verdict: 'final', reason }]);
  });
});

describe('a try that fails is told once', () => {
  test('by who does not listen', () => {
    const tries = ['connect:delay', 'close', 'connect:retry', 'connect:delay', 'close', 'connect:retry'];
    const refusal = { verdict: 'unreachable', reason: 'refused or unreachable' };
    expect(told(true, ...tries)).toEqual([refusal, refusal]);
    expect(told(true, 'connect:retry')).toEqual([refusal]);
  });

  test('by who hangs up: with keys it may be the wrong one, without them one may be missing', () => {
    const tries = ['connect', OTHER, 'disconnect', 'connect:retry', 'connect', OTHER, 'disconnect', 'connect:retry'];
    const closed = {
      verdict: 'closed',
      reason: 'it closed the handshake (is serverKey its key, and does it encrypt?)',
    };
    expect(told(true, ...tries)).toEqual([closed, closed]);
    const reason = 'it closed the handshake: perhaps it expects an encrypted connection (curve)';
    expect(told(false, ...tries)).toEqual([
      { verdict: 'unreachable', reason },
      { verdict: 'unreachable', reason },
    ]);
  });

  test('by who hangs up without a handshake', () => {
    expect(told(true, 'connect', 'disconnect', 'connect:retry')).toEqual([
      { verdict: 'unreachable', reason: 'the connection was closed during the handshake' },
    ]);
  });
});

test('who does not answer has not hung up', () => {
  const late = { verdict: 'unreachable', reason: 'the handshake was not answered in time' };
  for (const encrypted of [true, false]) expect(told(encrypted, 'connect', other('EAGAIN'))).toEqual([late]);
  expect(told(true, 'connect', other('ECONNRESET'))[0]?.verdict).toBe('closed');
});

test('what comes of itself says nothing', () => {
  expect(told(true, 'accept', 'listening', 'unknown', 'end')).toEqual([]);
});

test('many in a row are told with their number', () => {
  expect(closedInARow(5)).toBe('it closed the handshake 5 times: is serverKey its key, and does it encrypt?');
});
