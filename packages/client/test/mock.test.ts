// SPDX-License-Identifier: Apache-2.0
// mock.test - the client for users' own tests

import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { text } from '@mdp/protocol';
import { TestProcess } from '@mdp/testkit';
import type { ClientLike, Reply } from '../src/index.js';
import { Client, RemoteError } from '../src/index.js';
import type { MockAnswer } from '../src/mock.js';
import { MockClient } from '../src/mock.js';

const FLAKY = { attempts: 3, baseMs: 1, maxMs: 1 };

async function ask(mock: ClientLike, service = 's', ...rest: [options?: object]): Promise<(string | undefined)[]> {
  return (await mock.request(service, 'x', ...rest)).map((frame) => text(frame));
}

test('what the client would speak makes no difference', async () => {
  for (const options of [{ wire: 'mx' }, { wire: 'auto' }, { dialect: 'mdp01' }] as const) {
    const mock = new MockClient(options).reply('s', 'a');
    expect(await ask(mock)).toEqual(['a']);
    expect(mock.stats().endpoints[0]).toMatchObject({ wire: 'rfc18', open: 1 });
  }
});

describe('answers', () => {
  test.each<[string, MockAnswer, string[]]>([
    ['a string', 'a', ['a']],
    ['bytes', Buffer.from('a'), ['a']],
    ['frames', ['a', 'b'], ['a', 'b']],
    ['no frame', [], ['']],
    ['a script', { partials: ['a', ['b', 'c']], final: 'd', delayMs: 1 }, ['a', 'b', 'c', 'd']],
    ['a script without a final', { partials: ['a'] }, ['a', '']],
    ['a function', ({ service, body, attempt }) => [service, ...body, String(attempt)], ['s', 'x', '1']],
    ['an async function', async () => Promise.resolve({ partials: ['a'], final: 'b' }), ['a', 'b']],
    [
      'a generator',
      function* () {
        yield 'a';
        return 'b';
      },
      ['a', 'b'],
    ],
    [
      'an async generator',
      async function* () {
        yield await Promise.resolve('a');
        return ['b', 'c'];
      },
      ['a', 'b', 'c'],
    ],
  ])('may be %s', async (_, answer, expected) => {
    expect(await ask(new MockClient().reply('s', answer))).toEqual(expected);
  });

  test('come one after another, and the last one stays', async () => {
    const mock = new MockClient().reply('s', '1', '2');
    expect([await ask(mock), await ask(mock), await ask(mock)]).toEqual([['1'], ['2'], ['2']]);
  });

  test('are replaced by those of a later call', async () => {
    const mock = new MockClient().reply('s', '1').reply('s', '2');
    expect(await ask(mock)).toEqual(['2']);
  });

  test('a service without one is MDP_REMOTE 404', async () => {
    await expect(ask(new MockClient())).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 404, service: 's' });
  });

  test.each<[string, unknown]>([
    ['an unknown step', { partial: ['a'] }],
    ['a frame that is no bytes', ['a', 5]],
    ['a partial that is no bytes', { partials: [5] }],
    ['a final together with a failure', { final: 'a', fail: 'timeout' }],
    ['a negative delay', { delayMs: -1 }],
  ])('%s is refused when it is given', (_, answer) => {
    expect(() => new MockClient().reply('s', answer as MockAnswer)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }),
    );
  });
});

describe('failures', () => {
  test.each<[string, MockAnswer, object]>([
    ['a timeout, at once', { fail: 'timeout' }, { code: 'MDP_TIMEOUT' }],
    ['a lost connection', { fail: 'disconnect' }, { code: 'MDP_DISCONNECTED' }],
    ['an error reply', { fail: new RemoteError(413, 'too big') }, { status: 413, message: 'too big' }],
    [
      'a handler that throws',
      () => {
        throw new Error('oops');
      },
      { status: 500, message: 'oops' },
    ],
    [
      'a handler that throws a RemoteError',
      () => {
        throw new RemoteError(400, 'what?');
      },
      { status: 400, message: 'what?' },
    ],
    ['a handler that returns no body', () => undefined as unknown as string, { status: 500 }],
  ])('%s', async (_, answer, expected) => {
    const start = performance.now();
    await expect(ask(new MockClient({ timeoutMs: 30_000 }).reply('s', answer))).rejects.toMatchObject({
      service: 's',
      attempts: 1,
      ...expected,
    });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('silence ends with the deadline of the request', async () => {
    const mock = new MockClient().reply('s', { fail: 'silence' });
    await expect(ask(mock, 's', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'MDP_TIMEOUT', attempts: 1 });
  });

  test('a delay is cut short by an abort', async () => {
    const mock = new MockClient().reply('s', { delayMs: 60_000, final: 'late' });
    const reply = mock.request('s', 'x', { signal: AbortSignal.timeout(10) });
    await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  });

  test('retries are those of the real client', async () => {
    const mock = new MockClient({ retry: FLAKY }).reply(
      's',
      { fail: 'timeout' },
      { fail: new RemoteError(503, 'draining') },
      'third time lucky',
    );
    expect(await ask(mock)).toEqual(['third time lucky']);
    expect(mock.requests).toMatchObject([{ service: 's', attempts: 3 }]);
    expect(mock.stats().counters).toMatchObject({ retries: 2, replies: 1 });
  });

  test('a stream that was left is told: its generator is finished', async () => {
    let finished = false;
    const mock = new MockClient().reply('s', function* () {
      try {
        for (;;) yield 'a';
      } finally {
        finished = true;
      }
    });
    for await (const part of mock.request('s', 'x', { maxBufferedBytes: 1 })) {
      expect(part).toHaveLength(1);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(finished).toBe(true);
  });
});

describe('what is recorded', () => {
  test('every request, with its body and options', async () => {
    const mock = new MockClient().reply('s', 'ok');
    const options = { timeoutMs: 500 };
    await mock.request('s', ['a', Buffer.from('b')], options);
    await expect(mock.request('t', 'c')).rejects.toMatchObject({ status: 404 });
    expect(mock.requests.map(({ service, body }) => [service, ...body.map((frame) => text(frame))])).toEqual([
      ['s', 'a', 'b'],
      ['t', 'c'],
    ]);
    expect(mock.requests[0]).toMatchObject({ options, attempts: 1 });
    mock.reset();
    expect(mock.requests).toEqual([]);
    await expect(ask(mock)).rejects.toMatchObject({ status: 404 });
  });

  test('not one whose arguments were refused', () => {
    const mock = new MockClient();
    expect(() => mock.request('s', [])).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }));
    expect(mock.requests).toEqual([]);
  });
});

describe('management', () => {
  test('a service that was given an answer is there', async () => {
    const mock = new MockClient().reply('s', 'ok');
    expect([await mock.hasService('s'), await mock.hasService('t')]).toEqual([true, false]);
    await expect(mock.services()).rejects.toMatchObject({ status: 501 });
    mock.reply('mmi.services', ['200', '[]']);
    expect(await mock.services()).toEqual([]);
  });
});

test('closing ends requests that wait', async () => {
  const mock = new MockClient().reply('s', { delayMs: 60_000 });
  const reply = ask(mock);
  await Promise.all([expect(reply).rejects.toMatchObject({ code: 'MDP_CLOSED' }), mock.close()]);
});

test('the native part of ZeroMQ is not loaded for it', async () => {
  await using child = TestProcess.node(fileURLToPath(new URL('fixtures/mock-alone.mjs', import.meta.url)));
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect([child.stderr, child.stdout]).toEqual(['', 'ok, without\n']);
});

test('a mock has the interface of the client: what is written for one takes the other', async () => {
  // Compile-time: both are assignable to ClientLike, and a subclass-free stand-in for Client in its own terms.
  const clients: ClientLike[] = [new MockClient({ dialect: 'majortomo' }).reply('s', 'ok'), new Client()];
  const standIn: Pick<Client, keyof Client> = clients[0] as MockClient;
  const reply: Reply = standIn.request('s', 'x');
  expect((await reply).map((frame) => text(frame))).toEqual(['ok']);
  await Promise.all(clients.map((client) => client.close()));
});
