// SPDX-License-Identifier: Apache-2.0
// requests.test - one request after another: sent, answered, given up, closed

import { describe, expect, test } from '@jest/globals';
import { Exchange } from '../../src/state/exchange.js';
import { ClosedError } from '@mdp/protocol';
import { FakeSink, Harness, POLICY, TARGET } from './harness.js';

describe('sending', () => {
  test('a request without a connection opens one and goes out once it is up', () => {
    const h = new Harness();
    const call = h.submit();
    expect(h.handles).toHaveLength(1);
    expect(h.handles[0]?.sent).toHaveLength(0);
    h.connect();
    expect(h.handles[0]?.sent).toEqual([call.exchange.frames]);
    expect(call.exchange.attempts).toBe(1);
  });

  test('a request with an idle connection goes out within the call', () => {
    const h = new Harness();
    const first = h.submit();
    h.connect();
    h.final(first, 'x');
    const second = h.submit();
    expect(h.handles).toHaveLength(1);
    expect(h.handles[0]?.sent).toHaveLength(2);
    expect(second.exchange.phase).toBe('sent');
  });

  test('a connection carries one request at a time (MDP-C-07)', () => {
    const h = new Harness();
    const calls = [h.submit(), h.submit(), h.submit()];
    h.connect();
    expect(h.handles).toHaveLength(3);
    expect(new Set(calls.map((call) => h.linkOf(call))).size).toBe(3);
  });

  test('those that wait are served first come, first served', () => {
    const h = new Harness({ maxSockets: 1 });
    const calls = ['a', 'b', 'c'].map((name) => h.submit(name));
    h.connect();
    for (const call of calls) {
      expect(call.exchange.phase).toBe('sent');
      h.final(call, 'x');
    }
    expect(h.handles[0]?.sent.map(([frame]) => Buffer.from(frame as Uint8Array).toString())).toEqual(['a', 'b', 'c']);
  });

  test('a request that waits takes a connection that becomes free before a new one is up', () => {
    const h = new Harness();
    const first = h.submit();
    h.connect();
    const second = h.submit();
    expect(h.handles).toHaveLength(2);
    h.final(first, 'x');
    expect(h.linkOf(second)).toBe(h.handles[0]?.link);
  });

  test('more than maxQueued that wait are refused with MDP_OVERLOADED', () => {
    const h = new Harness({ maxSockets: 1, maxQueued: 2 });
    h.submit();
    h.connect();
    h.submit();
    h.submit();
    const { sink } = h.submit();
    expect(sink.error).toMatchObject({ code: 'MDP_OVERLOADED', service: 's', attempts: 0 });
    expect(h.state.queued).toBe(2);
  });
});

describe('replies', () => {
  test.each([0, 1, 1_000])('%i PARTIALs and a FINAL come in order (MDP-C-06)', (count) => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    for (let i = 0; i < count; i++) h.partial(call, String(i));
    h.final(call, 'end');
    expect(call.sink.parts).toEqual([...Array(count).keys(), 'end'].map(String));
    expect(call.sink).toMatchObject({ complete: true, ends: 1 });
    expect(h.handles[0]?.asked).toBe(count + 1);
  });

  test('no message is asked for after the FINAL', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    expect(h.handles[0]?.asked).toBe(1);
    h.final(call, 'x');
    expect(h.handles[0]?.asked).toBe(1);
  });

  test('what came after the FINAL burns the connection and is counted (MDP-C-08)', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    const [first] = h.handles;
    h.final(call, 'x');
    if (first !== undefined) first.readable = true;
    const next = h.submit();
    expect(first?.closed).toBe(true);
    expect(h.state.pool.counters).toMatchObject({ strays: 1, burnt: 1 });
    h.connect();
    expect(h.linkOf(next)).not.toBe(first?.link);
  });

  test('a message that is no reply ends the request with MDP_PROTOCOL and burns the connection (MDP-C-11)', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.state.receive(h.now, h.linkOf(call), { type: 'invalid', what: 'noise' });
    expect(call.sink.error).toMatchObject({ code: 'MDP_PROTOCOL', attempts: 1, service: 's' });
    expect(call.sink.error?.message).toContain('noise');
    expect(h.live()).toHaveLength(0);
  });

  test('a reply of another service ends the request with MDP_PROTOCOL and burns the connection (MDP-C-11)', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.state.receive(h.now, h.linkOf(call), { type: 'final', service: 'other', body: [] });
    expect(call.sink.error).toMatchObject({ code: 'MDP_PROTOCOL' });
    expect(call.sink.error?.message).toContain('"other"');
    expect(h.live()).toHaveLength(0);
  });

  test('an error reply is MDP_REMOTE, and its connection is used again', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.errorReply(call, 500);
    expect(call.sink.error).toMatchObject({ code: 'MDP_REMOTE', status: 500, service: 's', attempts: 1 });
    h.submit();
    expect(h.handles[0]?.sent).toHaveLength(2);
  });
});

describe('giving up', () => {
  test('a request that was sent burns its connection', () => {
    const h = new Harness();
    const call = h.submit();
    const other = h.submit();
    h.connect();
    const link = h.linkOf(call);
    h.state.abort(h.now, call.exchange, 'enough', 'why');
    expect(call.sink.error).toMatchObject({ code: 'MDP_ABORTED', cause: 'why', attempts: 1 });
    expect(call.sink.atOnce).toBe(true);
    expect(link.phase).toBe('closed');
    expect(h.linkOf(other).phase).toBe('busy');
  });

  test('a request that was not sent leaves the queue and costs no connection', () => {
    const h = new Harness();
    const call = h.submit();
    const other = h.submit();
    h.state.abort(h.now, call.exchange, 'enough');
    expect(call.sink.error).toMatchObject({ code: 'MDP_ABORTED', attempts: 0 });
    h.connect();
    expect(h.live()).toHaveLength(2);
    expect(h.linkOf(other).phase).toBe('busy');
    expect(h.state.pool.counters.burnt).toBe(0);
  });

  test('those that wait get a new connection in place of the burnt one', () => {
    const h = new Harness({ maxSockets: 1 });
    const call = h.submit();
    const other = h.submit();
    h.connect();
    h.state.abort(h.now, call.exchange, 'enough');
    h.connect();
    expect(h.linkOf(other)).toBe(h.handles[1]?.link);
  });

  test('after its end an abort does nothing', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    h.state.abort(h.now, call.exchange, 'enough');
    expect(call.sink.ends).toBe(1);
    expect(h.live()).toHaveLength(1);
  });

  test('abortAll ends all of them and sends none of those that wait', () => {
    const h = new Harness({ maxSockets: 1 });
    const calls = [h.submit('s', { timeoutMs: 5 }), h.submit(), h.submit('s', { timeoutMs: 7 })];
    h.connect();
    h.state.abortAll('stop', 'why');
    for (const { sink } of calls) expect(sink).toMatchObject({ ends: 1, error: { code: 'MDP_ABORTED', cause: 'why' } });
    expect(h.handles[0]?.sent).toHaveLength(1);
    expect(h.state.pending).toBe(0);
  });

  test('a request that is refused is counted as made', () => {
    const h = new Harness();
    const sink = new FakeSink();
    const exchange = new Exchange(TARGET, [], POLICY, sink);
    h.state.refuse(exchange, new ClosedError('no', exchange));
    expect(h.state.counters).toMatchObject({ requests: 1, closed: 1 });
    expect(h.handles).toHaveLength(0);
  });
});

describe('closing', () => {
  test('ends everything at once without a drain', () => {
    const h = new Harness({ maxSockets: 1 });
    const calls = [h.submit(), h.submit()];
    h.connect();
    h.state.close(h.now, 0);
    for (const { sink } of calls) expect(sink).toMatchObject({ ends: 1, atOnce: true, error: { code: 'MDP_CLOSED' } });
    expect(h.live()).toHaveLength(0);
    expect(h.isClosed).toBe(true);
  });

  test('lets requests end within the drain, and closes as soon as they have', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.state.close(h.now, 1_000);
    expect(h.submit().sink.error).toMatchObject({ code: 'MDP_CLOSED' });
    expect(h.isClosed).toBe(false);
    h.pass(500);
    h.final(call, 'x');
    h.pass(0);
    expect(call.sink).toMatchObject({ complete: true, ends: 1 });
    expect(h.isClosed).toBe(true);
    expect(h.live()).toHaveLength(0);
  });

  test('ends what outlasts the drain', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.state.close(h.now, 1_000);
    h.pass(999);
    expect(h.isClosed).toBe(false);
    h.pass(1);
    expect(call.sink.error).toMatchObject({ code: 'MDP_CLOSED', attempts: 1 });
    expect(h.isClosed).toBe(true);
  });

  test('a second close can only shorten the drain', () => {
    const h = new Harness();
    h.submit();
    h.connect();
    h.state.close(h.now, 1_000);
    h.state.close(h.now, 5_000);
    h.pass(1_000);
    expect(h.isClosed).toBe(true);
    h.state.close(h.now, 0);
    expect(h.state.nextDeadline()).toBe(Infinity);
  });
});

test('every request ends exactly once, and is counted once', () => {
  const h = new Harness({ maxSockets: 3, maxQueued: 5 });
  const calls = Array.from({ length: 6 }, () => h.submit('s', { timeoutMs: 50 }));
  expect(calls[5]?.sink.error).toMatchObject({ code: 'MDP_OVERLOADED' });
  h.connect();
  const [a, b, c] = calls as [(typeof calls)[0], (typeof calls)[0], (typeof calls)[0]];
  h.final(a, 'x');
  h.errorReply(b, 404);
  h.state.lost(h.now, h.linkOf(c));
  h.pass(100);
  h.submit();
  h.state.close(h.now, 0);
  expect(calls.map(({ sink }) => sink.ends)).toEqual([1, 1, 1, 1, 1, 1]);
  const { requests, retries, ...ends } = h.state.counters;
  expect(retries).toBe(0);
  expect(requests).toBe(7);
  expect(Object.values(ends).reduce((sum, count) => sum + count)).toBe(7);
  expect(h.state.pending).toBe(0);
});
