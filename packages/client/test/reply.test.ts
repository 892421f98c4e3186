// SPDX-License-Identifier: Apache-2.0
// reply.test - the ways to read a reply, over a mock

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import type { Frame, Reply } from '../src/index.js';
import { RemoteError } from '../src/index.js';
import { MockClient } from '../src/mock.js';

const words = (frames: readonly Frame[] | null): string[] =>
  (frames ?? []).map((frame) => Buffer.from(frame).toString());

function client(): MockClient {
  return new MockClient()
    .reply('one', ['a', 'b'])
    .reply('many', { partials: [['a', 'b'], ['c'], []], final: ['d'] })
    .reply('broken', { partials: ['a', 'b'], fail: new RemoteError(502, 'worker lost') })
    .reply('silent', { partials: ['a', 'b'], fail: 'silence' });
}

describe('complete', () => {
  /** What it says after each part. */
  async function told(reply: Reply): Promise<boolean[]> {
    const said = [reply.complete];
    while ((await reply.receivePart()) !== null) said.push(reply.complete);
    return said;
  }

  test('tells that the part at hand is the FINAL, as the parts come', async () => {
    expect(await told(client().request('one', ''))).toEqual([false, true]);
    expect(await told(client().request('many', ''))).toEqual([false, false, false, false, true]);
  });

  test('tells it also when all of them were there before', async () => {
    const mock = client();
    const reply = mock.request('many', '');
    await waitUntil('the reply', () => mock.stats().counters.replies === 1);
    expect(await told(reply)).toEqual([false, false, false, false, true]);
  });

  test('stays false after an error', async () => {
    const reply = client().request('broken', '');
    await expect(told(reply)).rejects.toMatchObject({ status: 502 });
    expect(reply.complete).toBe(false);
  });

  test('is true for a reply that was awaited', async () => {
    const reply = client().request('many', '');
    await reply;
    expect(reply.complete).toBe(true);
  });
});

describe('awaited whole', () => {
  test('it is every frame of every part, flat', async () => {
    expect(words(await client().request('one', ''))).toEqual(['a', 'b']);
    expect(words(await client().request('many', ''))).toEqual(['a', 'b', 'c', '', 'd']);
  });

  test('it can be awaited again and again, also after its end', async () => {
    const reply = client().request('many', '');
    const [first, second] = await Promise.all([reply, reply]);
    expect(second).toBe(first);
    expect(await reply).toBe(first);
  });

  test('it can be awaited for the first time after its end', async () => {
    const mock = client();
    const reply = mock.request('many', '');
    await waitUntil('the reply', () => mock.stats().counters.replies === 1);
    expect(words(await reply)).toEqual(['a', 'b', 'c', '', 'd']);
  });

  test('an error after PARTIALs rejects it', async () => {
    await expect(client().request('broken', '')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 502 });
  });

  test('catch and finally are those of a promise', async () => {
    let finished = 0;
    const count = (): void => {
      finished += 1;
    };
    expect(
      await client()
        .request('broken', '')
        .catch(() => 'caught'),
    ).toBe('caught');
    expect(words(await client().request('one', '').finally(count))).toEqual(['a', 'b']);
    await expect(client().request('broken', '').finally(count)).rejects.toMatchObject({ status: 502 });
    expect(finished).toBe(2);
  });

  test('it cannot be read by parts as well', async () => {
    const reply = client().request('many', '');
    await reply;
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(() => reply[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'MDP_INVALID_STATE' }));
  });
});

describe('part by part', () => {
  async function collect(reply: Reply): Promise<string[]> {
    const parts = [];
    for await (const part of reply) parts.push(words(part).join());
    return parts;
  }

  test('an iteration has each PARTIAL, then the FINAL', async () => {
    expect(await collect(client().request('many', ''))).toEqual(['a,b', 'c', '', 'd']);
    expect(await collect(client().request('one', ''))).toEqual(['a,b']);
  });

  test('an iteration that begins after the end has all of them', async () => {
    const mock = client();
    const reply = mock.request('many', '');
    await waitUntil('the reply', () => mock.stats().counters.replies === 1);
    expect(await collect(reply)).toEqual(['a,b', 'c', '', 'd']);
  });

  test('an error comes after the parts before it', async () => {
    const parts: string[] = [];
    const read = async (): Promise<void> => {
      for await (const part of client().request('broken', '')) parts.push(...words(part));
    };
    await expect(read()).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 502, service: 'broken', attempts: 1 });
    expect(parts).toEqual(['a', 'b']);
  });

  test('an abort comes at once, before parts that are unread', async () => {
    const mock = client();
    const reply = mock.request('silent', '');
    expect(words(await reply.receivePart())).toEqual(['a']);
    await new Promise((resolve) => setImmediate(resolve));
    reply.cancel('enough');
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_ABORTED', cause: 'enough' });
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  });

  test('leaving an iteration ends the request', async () => {
    const mock = client();
    for await (const part of mock.request('silent', '')) {
      expect(words(part)).toEqual(['a']);
      break;
    }
    expect(mock.stats()).toMatchObject({ pending: 0, counters: { aborted: 1, burnt: 1 } });
  });

  test('throwing out of an iteration does, too, and the error is that of the loop', async () => {
    const mock = client();
    const read = async (): Promise<void> => {
      for await (const part of mock.request('silent', '')) throw new Error(words(part)[0]);
    };
    await expect(read()).rejects.toThrow('a');
    expect(mock.stats()).toMatchObject({ pending: 0, counters: { aborted: 1 } });
  });

  test('it can be iterated only once, and not awaited as well', async () => {
    const reply = client().request('many', '');
    await collect(reply);
    expect(() => reply[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'MDP_INVALID_STATE' }));
    await expect(reply).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });

  test('two calls of receivePart cannot wait at once', async () => {
    const reply = client().request('one', '');
    const first = reply.receivePart();
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(words(await first)).toEqual(['a', 'b']);
    expect(await reply.receivePart()).toBeNull();
  });

  test.each([{ timeoutMs: -1 }, { timeout: 1 }])('receivePart(%j) throws', async (options) => {
    const reply = client().request('one', '');
    expect(() => reply.receivePart(options as object)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }),
    );
    await reply;
  });

  test('a long stream that is read slowly loses nothing', async () => {
    const mock = new MockClient().reply('long', function* () {
      for (let i = 0; i < 5_000; i++) yield String(i);
      return 'end';
    });
    const reply = mock.request('long', '', { maxBufferedBytes: 50_000 });
    for (let i = 0; i < 5_000; i++) {
      if (i % 700 === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(words(await reply.receivePart())).toEqual([String(i)]);
    }
    expect(words(await reply.receivePart())).toEqual(['end']);
    expect(await reply.receivePart()).toBeNull();
  });
});

test('cancel after the end does nothing', async () => {
  const mock = client();
  const reply = mock.request('one', '');
  await reply;
  reply.cancel();
  expect(mock.stats().counters).toMatchObject({ replies: 1, aborted: 0 });
});
