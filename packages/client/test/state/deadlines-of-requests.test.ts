// SPDX-License-Identifier: Apache-2.0
// deadlines-of-requests.test - total, idle and attempt timeouts, retries, back-pressure, on a clock advanced by hand

import { describe, expect, test } from '@jest/globals';
import { Harness } from './harness.js';

describe('the total deadline', () => {
  test('ends a request that was answered in part, not before its time', () => {
    const h = new Harness();
    const call = h.submit('s', { timeoutMs: 1_000 });
    h.connect();
    h.pass(900);
    h.partial(call, 'a');
    h.pass(99);
    expect(call.sink.error).toBeUndefined();
    h.pass(1);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', service: 's', attempts: 1 });
    expect(call.sink.error?.message).toBe('the reply of "s" was not complete within 1000 ms');
    expect(call.sink.atOnce).toBe(false);
    expect(h.live()).toHaveLength(0);
  });

  test.each(['rfc18', 'mx'] as const)('is the same when the broker tells first that it has passed, wire %s', (wire) => {
    const h = new Harness({ wire });
    const call = h.submit('s', { timeoutMs: 1_000 });
    h.connect();
    h.clock.advance(1_000);
    h.errorReply(call, 504);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 1 });
    expect(call.sink.error?.message).toBe('no reply from "s" within 1000 ms');
    expect(call.sink.ends).toBe(1);
    expect(h.state.pending).toBe(0);
    expect(h.state.counters).toMatchObject({ timeouts: 1, remoteErrors: 0 });
  });

  test('covers the wait for a connection, and says why it was not sent', () => {
    const h = new Harness();
    const call = h.submit('s', { timeoutMs: 1_000 });
    h.refuse();
    h.pass(1_000);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 0 });
    expect(call.sink.error?.message).toBe('not sent to "s" within 1000 ms: no connection to a (refused)');
  });

  test('covers the wait for a free socket', () => {
    const h = new Harness({ maxSockets: 1 });
    h.submit();
    h.connect();
    const call = h.submit('s', { timeoutMs: 1_000 });
    h.pass(1_000);
    expect(call.sink.error?.message).toContain('maxSockets');
    expect(h.state.queued).toBe(0);
  });

  test('spans all attempts, and has the last failure as its cause', () => {
    const h = new Harness();
    const call = h.submit('s', { timeoutMs: 1_000, attemptTimeoutMs: 400, attempts: 10, baseMs: 50, maxMs: 50 });
    h.connect();
    h.pass(450);
    h.connect();
    h.pass(450);
    h.connect();
    h.pass(100);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 3 });
    expect(call.sink.error?.message).toBe('no reply from "s" within 1000 ms');
    expect(call.sink.error?.cause).toMatchObject({ code: 'MDP_TIMEOUT' });
  });

  test('0 is none', () => {
    const h = new Harness({ idleSocketMs: 0 });
    h.submit();
    h.connect();
    expect(h.state.nextDeadline()).toBe(Infinity);
  });
});

describe('the idle timeout', () => {
  test('starts anew with every part', () => {
    const h = new Harness();
    const call = h.submit('s', { idleTimeoutMs: 100 });
    h.connect();
    for (let i = 0; i < 20; i++) {
      h.pass(90);
      h.partial(call, 'x');
    }
    h.pass(99);
    expect(call.sink.error).toBeUndefined();
    h.pass(1);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', message: 'nothing came from "s" for 100 ms' });
  });

  test('runs while a request waits, and starts anew when it is sent', () => {
    const h = new Harness();
    const call = h.submit('s', { idleTimeoutMs: 100 });
    h.pass(90);
    h.connect();
    h.pass(90);
    expect(call.sink.error).toBeUndefined();
    h.pass(10);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 1 });
    const waiting = h.submit('s', { idleTimeoutMs: 100 });
    h.pass(100);
    expect(waiting.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 0 });
  });

  test('is suspended while the reader, not the worker, is slow', () => {
    const h = new Harness();
    const call = h.submit('s', { idleTimeoutMs: 100, maxBufferedBytes: 100 });
    h.connect();
    call.sink.reading = false;
    h.partial(call, 'x'.repeat(50));
    h.pass(10_000);
    expect(call.sink.error).toBeUndefined();
    h.state.taken(h.now, call.exchange, 114);
    h.pass(99);
    expect(call.sink.error).toBeUndefined();
    h.pass(1);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT' });
  });
});

describe('the wait for one part', () => {
  test('ends the wait, not the request', () => {
    const h = new Harness();
    const call = h.submit('s', { timeoutMs: 1_000 });
    h.connect();
    h.state.awaitPart(h.now, call.exchange, 100);
    h.pass(100);
    expect(call.sink).toMatchObject({ partTimeouts: 1, ends: 0 });
    h.state.awaitPart(h.now, call.exchange, 100);
    h.partial(call, 'x');
    h.pass(100);
    expect(call.sink).toMatchObject({ partTimeouts: 1, ends: 0 });
    h.final(call, 'y');
    expect(call.sink.complete).toBe(true);
  });
});

describe('retries', () => {
  const RETRY = { attempts: 3, baseMs: 100, maxMs: 1_000, attemptTimeoutMs: 500 };

  test('a silent attempt is repeated on a new connection after the backoff (MDP-C-09)', () => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    const first = h.linkOf(call);
    h.pass(500);
    expect(first.phase).toBe('closed');
    expect(call.exchange.phase).toBe('backoff');
    h.pass(99);
    expect(h.live()).toHaveLength(0);
    h.pass(1);
    h.connect();
    expect(h.linkOf(call)).not.toBe(first);
    expect(h.handleOf(call).sent).toEqual([call.exchange.frames]);
    h.final(call, 'x');
    expect(call.sink).toMatchObject({ complete: true, ends: 1 });
    expect(h.state.counters).toMatchObject({ retries: 1, replies: 1, timeouts: 0 });
  });

  test('the delay doubles up to its maximum', () => {
    const h = new Harness({ idleSocketMs: 0 });
    const call = h.submit('s', { ...RETRY, attempts: 6, maxMs: 400 });
    const delays = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      h.connect();
      h.state.lost(h.now, h.linkOf(call));
      delays.push(call.exchange.times.retryAt - h.now);
      h.pass(400);
    }
    expect(delays).toEqual([100, 200, 400, 400, 400]);
  });

  test('after the last attempt the request is rejected with the attempts made (MDP-C-10)', () => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    for (let i = 0; i < 3; i++) {
      h.connect();
      h.pass(500);
      h.pass(1_000);
    }
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 3 });
    expect(call.sink.error?.message).toBe('no reply from "s" to the attempt within 500 ms');
  });

  test('by default nothing is repeated', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    h.state.lost(h.now, h.linkOf(call), new Error('cut'));
    expect(call.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 1, cause: { message: 'cut' } });
  });

  test.each([429, 502, 503])('status %i is repeated', (status) => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    h.errorReply(call, status);
    expect(call.exchange.phase).toBe('backoff');
    h.pass(100);
    h.final(call, 'x');
    expect(call.sink.complete).toBe(true);
    expect(h.handles).toHaveLength(1);
  });

  test.each([400, 404, 413, 500, 504, 418])('status %i is not', (status) => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    h.errorReply(call, status);
    expect(call.sink.error).toMatchObject({ code: 'MDP_REMOTE', status });
  });

  test('nothing is repeated once a PARTIAL has come', () => {
    const h = new Harness();
    const lost = h.submit('s', RETRY);
    const refused = h.submit('s', RETRY);
    h.connect();
    for (const call of [lost, refused]) h.partial(call, 'x');
    h.state.lost(h.now, h.linkOf(lost));
    h.errorReply(refused, 502);
    expect(lost.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 1 });
    expect(refused.sink.error).toMatchObject({ code: 'MDP_REMOTE', status: 502, attempts: 1 });
  });

  test('a first part stops the clock of the attempt', () => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    h.pass(499);
    h.partial(call, 'x');
    h.pass(5_000);
    expect(call.sink.ends).toBe(0);
  });

  test('a protocol error is not repeated', () => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    h.state.receive(h.now, h.linkOf(call), { type: 'invalid', what: 'noise' });
    expect(call.sink.error).toMatchObject({ code: 'MDP_PROTOCOL' });
  });

  test('a backoff that would pass the deadline is not waited for', () => {
    const h = new Harness();
    const call = h.submit('s', { ...RETRY, timeoutMs: 90 });
    h.connect();
    h.state.lost(h.now, h.linkOf(call));
    expect(call.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED' });
  });

  test('an abort ends the backoff', () => {
    const h = new Harness();
    const call = h.submit('s', RETRY);
    h.connect();
    h.state.lost(h.now, h.linkOf(call));
    h.state.abort(h.now, call.exchange, 'enough');
    h.pass(5_000);
    expect(call.sink).toMatchObject({ ends: 1, error: { code: 'MDP_ABORTED', attempts: 1 } });
  });

  test('at the limit of sockets an idle one makes room for the new one', () => {
    const h = new Harness({ maxSockets: 2 });
    const call = h.submit('s', RETRY);
    const other = h.submit();
    h.connect();
    h.state.lost(h.now, h.linkOf(call));
    const third = h.submit();
    h.connect();
    h.pass(100);
    h.final(other, 'x');
    h.connect();
    expect(h.handleOf(call).sent).toHaveLength(1);
    expect(h.live()).toHaveLength(2);
    expect(third.exchange.phase).toBe('sent');
  });
});

describe('back-pressure', () => {
  test('no more is asked for while too much is unread, and again once it was read', () => {
    const h = new Harness();
    const call = h.submit('s', { maxBufferedBytes: 300 });
    h.connect();
    call.sink.reading = false;
    h.partial(call, 'x'.repeat(100));
    expect(h.handleOf(call).asked).toBe(2);
    h.partial(call, 'x'.repeat(100));
    expect(call.exchange.buffered).toBe(328);
    expect(h.handleOf(call).asked).toBe(2);
    h.state.taken(h.now, call.exchange, 164);
    expect(h.handleOf(call).asked).toBe(3);
    h.final(call, 'end');
    expect(call.sink.complete).toBe(true);
  });

  test('parts without bytes count too', () => {
    const h = new Harness();
    const call = h.submit('s', { maxBufferedBytes: 640 });
    h.connect();
    call.sink.reading = false;
    for (let i = 0; i < 10; i++) h.partial(call, '');
    expect(call.exchange.paused).toBe(true);
  });

  test('the bound falls when the whole reply is awaited', () => {
    const h = new Harness();
    const call = h.submit('s', { maxBufferedBytes: 1 });
    h.connect();
    call.sink.reading = false;
    h.partial(call, 'a');
    expect(h.handleOf(call).asked).toBe(1);
    h.state.collect(h.now, call.exchange);
    expect(h.handleOf(call).asked).toBe(2);
    h.partial(call, 'b');
    expect(h.handleOf(call).asked).toBe(3);
  });

  test('the total deadline goes on', () => {
    const h = new Harness();
    const call = h.submit('s', { maxBufferedBytes: 1, timeoutMs: 100 });
    h.connect();
    call.sink.reading = false;
    h.partial(call, 'a');
    h.pass(100);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT' });
  });
});
