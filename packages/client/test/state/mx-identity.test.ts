// SPDX-License-Identifier: Apache-2.0
// mx-identity.test - what a request by MX says of itself: its name, the same in each attempt, and the attempts before

import { expect, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { Harness } from './harness.js';

/** A client that speaks MX to these brokers, connected. */
function connected(...endpoints: string[]): Harness {
  const h = new Harness({ wire: 'mx', endpoints });
  for (const endpoint of endpoints) h.instant.add(endpoint);
  return h;
}

/** What each REQUEST to a broker has said of itself. */
function said(h: Harness, address = 'a'): unknown[] {
  return h
    .mx(address)
    .of('request')
    .map(({ identity }) =>
      identity === undefined ? undefined : [identity.attempts, Buffer.from(identity.key).toString()],
    );
}

test('nothing when it has no name and was not sent before', () => {
  const h = connected('a');
  h.submit();
  expect(said(h)).toEqual([undefined]);
  expect('identity' in (h.mx().of('request')[0] ?? {})).toBe(false);
});

test('its name, from the first attempt on, and how often it was sent before', () => {
  const h = connected('a');
  h.submit('s', { attempts: 3, attemptTimeoutMs: 10 }, bytes('k'));
  h.pass(1_000);
  expect(said(h)).toEqual([
    [0, 'k'],
    [1, 'k'],
    [2, 'k'],
  ]);
});

test('the attempts before even without a name', () => {
  const h = connected('a');
  h.submit('s', { attempts: 2, attemptTimeoutMs: 10 });
  h.pass(1_000);
  expect(said(h)).toEqual([undefined, [1, '']]);
});

test('a refusal counts as well: nobody knows who has seen it', () => {
  const h = connected('a');
  const call = h.submit('s', { attempts: 2 }, bytes('k'));
  h.errorReply(call, 429);
  h.pass(1_000);
  expect(said(h)).toEqual([
    [0, 'k'],
    [1, 'k'],
  ]);
});

test('the same at another broker', () => {
  const h = connected('a', 'b');
  const call = h.submit('s', { attempts: 2 }, bytes('k'));
  const first = call.exchange.link?.endpoint.address ?? '';
  h.state.lost(h.now, h.mx(first).link);
  h.pass(1_000);
  const second = call.exchange.link?.endpoint.address ?? '';
  expect([first, second].sort()).toEqual(['a', 'b']);
  expect(said(h, second)).toEqual([[1, 'k']]);
});

test('no more than 255 attempts', () => {
  const h = connected('a');
  h.submit('s', { attempts: 258, attemptTimeoutMs: 1, baseMs: 1, maxMs: 1 }, bytes('k'));
  // Less than the silence after which the connection is made anew.
  h.pass(1_500);
  expect(said(h).slice(-3)).toEqual([
    [255, 'k'],
    [255, 'k'],
    [255, 'k'],
  ]);
  expect(said(h)).toHaveLength(258);
});

test('the trace that it belongs to, in each attempt', () => {
  const h = connected('a');
  h.submit('s', { attempts: 2, attemptTimeoutMs: 10 }, undefined, bytes('t'));
  h.pass(1_000);
  const identities = h
    .mx()
    .of('request')
    .map(({ identity }) => identity);
  expect(identities).toEqual([
    { attempts: 0, key: bytes(''), trace: bytes('t') },
    { attempts: 1, key: bytes(''), trace: bytes('t') },
  ]);
});
