// SPDX-License-Identifier: Apache-2.0
// pool.test - growth, shrinking, and several endpoints

import { describe, expect, test } from '@jest/globals';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

describe('growth and shrinking', () => {
  test('opens nothing before the first request', () => {
    expect(new Harness().handles).toHaveLength(0);
  });

  test('grows with the requests at once, up to maxSockets', () => {
    const h = new Harness({ maxSockets: 4 });
    const calls = Array.from({ length: 10 }, () => h.submit());
    h.connect();
    expect(h.live()).toHaveLength(4);
    expect(h.state.queued).toBe(6);
    for (const call of calls) h.final(call, 'x');
    expect(h.handles).toHaveLength(4);
  });

  test('connects at most 64 at once to an endpoint', () => {
    const h = new Harness();
    for (let i = 0; i < 200; i++) h.submit();
    expect(h.live()).toHaveLength(64);
    h.connect();
    expect(h.live()).toHaveLength(128);
    h.connect();
    h.connect();
    h.connect();
    expect(h.live()).toHaveLength(200);
    expect(h.state.queued).toBe(0);
  });

  test('uses the most recently used first, so that the others grow old and are closed', () => {
    const h = new Harness({ idleSocketMs: 1_000 });
    const calls = Array.from({ length: 5 }, () => h.submit());
    h.connect();
    for (const call of calls) h.final(call, 'x');
    for (let i = 0; i < 11; i++) {
      h.pass(100);
      h.final(h.submit(), 'x');
    }
    expect(h.live()).toHaveLength(1);
    h.pass(1_000);
    expect(h.live()).toHaveLength(0);
    expect(h.state.nextDeadline()).toBe(Infinity);
    expect(h.state.pool.counters).toMatchObject({ opened: 5, burnt: 0 });
  });

  test('0 keeps idle connections for ever', () => {
    const h = new Harness({ idleSocketMs: 0 });
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    expect(h.state.nextDeadline()).toBe(Infinity);
  });

  test('an idle connection that breaks is forgotten', () => {
    const h = new Harness();
    const call = h.submit();
    h.connect();
    const link = h.linkOf(call);
    h.final(call, 'x');
    h.state.lost(h.now, link);
    expect(h.live()).toHaveLength(0);
    expect(h.state.pool.total).toBe(0);
  });

  test('a stray is counted when its connection is closed for age, too', () => {
    const h = new Harness({ idleSocketMs: 100 });
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    for (const handle of h.handles) handle.readable = true;
    h.pass(100);
    expect(h.state.pool.counters.strays).toBe(1);
  });
});

describe('an endpoint that is down', () => {
  test('is tried again for a new request while an old stream lives on the only connection to it', () => {
    const h = new Harness({ idleSocketMs: 1_000 });
    const stream = h.submit('stream');
    h.connect();
    const refused = h.submit('refused', { timeoutMs: 500 });
    h.refuse();
    h.pass(500);
    expect(refused.sink.ends).toBe(1);
    // Nobody waits: the one that went on trying is closed when it is idle for too long.
    h.pass(1_000);
    expect(h.live()).toHaveLength(1);
    const next = h.submit('next');
    expect(h.live()).toHaveLength(2);
    h.connect();
    h.final(next, 'x');
    h.final(stream, 'x');
    expect([next.sink.ends, stream.sink.ends]).toEqual([1, 1]);
    expect(h.state.pending).toBe(0);
  });

  test('keeps one connection trying, and serves everyone when it is back', () => {
    const h = new Harness();
    const calls = Array.from({ length: 20 }, () => h.submit());
    expect(h.live()).toHaveLength(20);
    h.refuse();
    expect(h.live()).toHaveLength(1);
    h.submit();
    expect(h.live()).toHaveLength(1);
    h.connect();
    h.connect();
    expect(h.live()).toHaveLength(21);
    for (const call of calls) expect(call.exchange).toMatchObject({ phase: 'sent', attempts: 1 });
  });

  test('is left alone once nobody has wanted anything for idleSocketMs, and tried again by the next request', () => {
    const h = new Harness({ idleSocketMs: 1_000 });
    const call = h.submit('s', { timeoutMs: 500 });
    h.refuse();
    h.pass(1_000);
    expect(call.sink.error).toBeDefined();
    h.pass(500);
    expect(h.live()).toHaveLength(0);
    expect(h.state.nextDeadline()).toBe(Infinity);
    h.submit();
    expect(h.live()).toHaveLength(1);
  });
});

describe('when no connection can be opened', () => {
  test('requests fail at once if there is none at all, with the reason', () => {
    const h = new Harness();
    h.openError = Object.assign(new Error('Too many open files'), { code: 'EMFILE' });
    const { sink } = h.submit();
    expect(sink.error).toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 0, cause: h.openError });
    expect(sink.error?.message).toContain('Too many open files');
  });

  test('requests wait for those that there are', () => {
    const h = new Harness();
    const first = h.submit();
    h.connect();
    h.openError = Object.assign(new Error('Too many open files'), { code: 'EMFILE' });
    const second = h.submit();
    expect(second.sink.error).toBeUndefined();
    h.final(first, 'x');
    expect(second.exchange.phase).toBe('sent');
  });

  test('an endpoint that is impossible leaves the others to serve', () => {
    const h = new Harness({ endpoints: ['bad', 'good'] });
    const open = h.open.bind(h);
    h.open = (link) => {
      if (link.endpoint.address === 'bad') throw Object.assign(new Error('Invalid argument'), { code: 'EINVAL' });
      return open(link);
    };
    const call = h.submit();
    h.connect();
    expect(call.exchange.link?.endpoint.address).toBe('good');
    expect(h.state.pool.endpoints[0]).toMatchObject({ state: 'down', reason: 'Invalid argument' });
  });
});

describe('several endpoints', () => {
  const counts = (h: Harness, ...names: string[]): number[] => names.map((name) => h.live(name).length);

  test('share requests that come at once', () => {
    const h = new Harness({ endpoints: ['a', 'b', 'c'] });
    for (let i = 0; i < 30; i++) h.submit();
    h.connect();
    expect(counts(h, 'a', 'b', 'c')).toEqual([10, 10, 10]);
  });

  test('share requests that come one after another', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const seen: Record<string, number> = { a: 0, b: 0 };
    for (let i = 0; i < 40; i++) {
      const call = h.submit();
      h.connect();
      const { address } = h.linkOf(call).endpoint;
      seen[address] = (seen[address] ?? 0) + 1;
      h.final(call, 'x');
    }
    expect(seen['a']).toBeGreaterThan(15);
    expect(seen['b']).toBeGreaterThan(15);
  });

  test('a request that waits for one moves to another, uncounted', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const calls = [h.submit(), h.submit()];
    h.refuse('a');
    h.connect('b');
    for (const call of calls) if (call.exchange.phase === 'waiting') h.connect('b');
    for (const call of calls) {
      expect(h.linkOf(call).endpoint.address).toBe('b');
      expect(call.exchange.attempts).toBe(1);
    }
  });

  test('one that is down gets no requests, is tried all the while, and gets its share when it is back', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    h.submit();
    h.submit();
    h.refuse('a');
    h.connect('b');
    h.connect('b');
    const steady: Call[] = Array.from({ length: 10 }, () => h.submit());
    h.connect('b');
    expect(counts(h, 'a', 'b')).toEqual([1, 12]);
    h.connect('a');
    for (let round = 0; round < 200; round++) {
      const index = round % steady.length;
      h.final(steady[index] as Call, 'x');
      steady[index] = h.submit();
      h.connect();
    }
    const onA = steady.filter((call) => h.linkOf(call).endpoint.address === 'a').length;
    expect(onA).toBeGreaterThanOrEqual(4);
  });

  test('a broker that comes back gets its share at the limit of sockets, too', () => {
    const h = new Harness({ endpoints: ['a', 'b'], maxSockets: 8 });
    const steady = Array.from({ length: 8 }, () => h.submit());
    h.refuse('a');
    for (let i = 0; i < 8; i++) h.connect('b');
    h.connect('a');
    const finish = (index: number): void => {
      const call = steady[index] as Call;
      if (call.exchange.link !== undefined) h.final(call, 'x');
    };
    for (let round = 0; round < 100; round++) {
      const index = round % 8;
      finish(index);
      finish((index + 1) % 8);
      steady[index] = h.submit();
      h.connect();
      steady[(index + 1) % 8] = h.submit();
      h.connect();
    }
    expect(h.state.pool.endpoints[0]?.busy).toBeGreaterThanOrEqual(3);
    expect(h.state.pool.total).toBeLessThanOrEqual(9);
  });
});

describe('another attempt goes to another endpoint', () => {
  const RETRY = { attempts: 3, baseMs: 100, maxMs: 100, attemptTimeoutMs: 500 };

  test.each(['silence', 'an error reply'])('after %s', (what) => {
    const h = new Harness({ endpoints: ['a', 'b', 'c'] });
    const call = h.submit('s', RETRY);
    const seen: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      h.connect();
      seen.push(h.linkOf(call).endpoint.address);
      if (what === 'silence') h.pass(500);
      else h.errorReply(call, 503);
      h.pass(100);
    }
    expect(seen[1]).not.toBe(seen[0]);
    expect(seen[2]).not.toBe(seen[1]);
  });

  test('but to the same one when the others are down', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const call = h.submit('s', RETRY);
    h.submit();
    h.connect('a');
    h.refuse('b');
    h.connect('a');
    const { address } = h.linkOf(call).endpoint;
    h.pass(600);
    h.connect('a');
    expect([address, h.linkOf(call).endpoint.address]).toEqual(['a', 'a']);
  });

  const where = (call: Call): string | undefined => call.exchange.link?.endpoint.address;

  /** A client with MX to `a`, where eight streams are under way, and at most two strict connections, both busy with streams at `b`. */
  function strictBusy(): { h: Harness; atA: Call[]; atB: Call[] } {
    const h = new Harness({ wire: 'auto', endpoints: ['a', 'b'], maxSockets: 2 });
    const first = [h.submit(), h.submit()];
    h.connect();
    for (const call of first) h.final(call, 'x');
    h.connect();
    h.answer(500, 'a');
    h.answer(undefined, 'b');
    const streams = Array.from({ length: 10 }, () => {
      const call = h.submit('stream');
      h.connect();
      return call;
    });
    const [atA, atB] = ['a', 'b'].map((address) => streams.filter((call) => where(call) === address)) as [
      Call[],
      Call[],
    ];
    expect([atA.length, atB.length]).toEqual([8, 2]);
    return { h, atA, atB };
  }

  test.each(['has said something', 'is silent'])(
    'but to the same one by MX when every strict connection is busy elsewhere, where it %s',
    (how) => {
      const { h, atA } = strictBusy();
      const call = h.submit('s', RETRY);
      expect(where(call)).toBe('a');
      h.pass(400);
      if (how === 'has said something') h.final(atA[0] as Call, 'x');
      h.pass(200);
      expect([where(call), call.exchange.attempts]).toEqual(['a', 2]);
    },
  );

  test('and waits for the other one while an idle connection can be closed for it', () => {
    const { h, atA, atB } = strictBusy();
    for (const call of atA) h.final(call, 'x');
    const call = h.submit('s', RETRY);
    expect(where(call)).toBe('a');
    h.final(atB[0] as Call, 'x');
    h.pass(600);
    expect(call.exchange.phase).toBe('waiting');
    h.connect('b');
    expect(where(call)).toBe('b');
    expect(h.live('b')).toHaveLength(2);
  });

  test('and others that wait are not held up by it', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const call = h.submit('s', RETRY);
    h.connect();
    h.errorReply(call, 503);
    h.pass(100);
    expect(call.exchange.phase).toBe('waiting');
    expect(h.submit().exchange.phase).toBe('sent');
    h.connect('b');
    expect(h.linkOf(call).endpoint.address).toBe('b');
  });
});

describe('an endpoint without a handshake (inproc)', () => {
  test('serves within the call', () => {
    const h = new Harness();
    h.instant.add('a');
    const call = h.submit();
    expect(call.exchange).toMatchObject({ phase: 'sent', attempts: 1 });
  });

  test('repeats on a new connection', () => {
    const h = new Harness();
    h.instant.add('a');
    const call = h.submit('s', { attempts: 2 });
    h.state.lost(h.now, h.linkOf(call));
    h.pass(100);
    expect(h.handleOf(call)).toBe(h.handles[1]);
  });
});
