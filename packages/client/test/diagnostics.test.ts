// SPDX-License-Identifier: Apache-2.0
// diagnostics.test - what the client's channels tell of requests, and how a trace goes with them

import { afterEach, describe, expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Frame } from '@mdp/protocol';
import { bytes, encodeTraceFrame, text } from '@mdp/protocol';
import type { ClientRequestMessage } from '../src/index.js';
import { MockClient } from '../src/mock.js';

const START = 'mdp.client.request.start';
const END = 'mdp.client.request.end';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const listening: (() => void)[] = [];

/** Listen to a channel until the test ends. */
function listen(name: string, listener: (message: ClientRequestMessage) => void): void {
  const onMessage = (message: unknown): void => {
    listener(message as ClientRequestMessage);
  };
  subscribe(name, onMessage);
  listening.push(() => unsubscribe(name, onMessage));
}

afterEach(() => {
  for (const stop of listening.splice(0)) stop();
});

/** What is told, in order; each request by its number. */
function record(): string[] {
  const told: string[] = [];
  const known: ClientRequestMessage[] = [];
  const number = (message: ClientRequestMessage): string => {
    if (!known.includes(message)) known.push(message);
    return String(known.indexOf(message) + 1);
  };
  listen(START, (message) => {
    told.push(`start ${number(message)} ${message.service} ${message.body.map((frame) => text(frame)).join(' ')}`);
  });
  listen(END, (message) => {
    const { attempts, parts, error } = message;
    told.push(`end ${number(message)}: ${error?.code ?? `${String(parts)} parts`}, ${String(attempts)} attempts`);
  });
  return told;
}

describe('each request is told of once when it begins, and once when it ends', () => {
  test('by a reply', async () => {
    const told = record();
    const mock = new MockClient().reply('s', 'x').reply('t', { partials: ['a', 'b'], final: 'c' });
    await mock.request('s', ['a', 'b']);
    await mock.request('t', 'c');
    expect(told).toEqual(['start 1 s a b', 'end 1: 1 parts, 1 attempts', 'start 2 t c', 'end 2: 3 parts, 1 attempts']);
  });

  test('by an error, after all its attempts', async () => {
    const told = record();
    const mock = new MockClient().reply('s', { fail: 'timeout' });
    const options = { retry: { attempts: 3, baseMs: 1, maxMs: 1 }, attemptTimeoutMs: 1, timeoutMs: 10_000 };
    await expect(mock.request('s', 'x', options)).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    expect(told).toEqual(['start 1 s x', 'end 1: MDP_TIMEOUT, 3 attempts']);
  });

  test('by the caller, and by the end of the client', async () => {
    const told = record();
    const mock = new MockClient().reply('s', { delayMs: 60_000, final: 'late' });
    const given = mock.request('s', '1');
    const left = mock.request('s', '2');
    given.cancel();
    await expect(given).rejects.toMatchObject({ code: 'MDP_ABORTED' });
    await Promise.all([mock.close(), expect(left).rejects.toMatchObject({ code: 'MDP_CLOSED' })]);
    expect(told.slice(2)).toEqual(['end 1: MDP_ABORTED, 1 attempts', 'end 2: MDP_CLOSED, 1 attempts']);
  });

  test('also when it was aborted before it began', async () => {
    const told = record();
    const reply = new MockClient().request('s', 'x', { signal: AbortSignal.abort() });
    await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED' });
    expect(told).toEqual(['start 1 s x', 'end 1: MDP_ABORTED, 0 attempts']);
  });

  test('but not what is no request', () => {
    const told = record();
    const mock = new MockClient();
    expect(() => mock.request('', 'x')).toThrow('service');
    expect(() => mock.request('s', [])).toThrow('body');
    expect(told).toEqual([]);
  });
});

test('who subscribes while a request is under way is not told of its end', async () => {
  const mock = new MockClient().reply('s', 'x');
  const reply = mock.request('s', 'a');
  const told = record();
  await reply;
  expect(told).toEqual([]);
});

describe('the option trace', () => {
  const bodyOf = (mock: MockClient): (string | undefined)[] | undefined =>
    mock.requests.at(-1)?.body.map((frame) => text(frame));

  test.each<[unknown, string]>([
    [{ traceparent: 'x' }, 'trace.traceparent: got "x"'],
    [{ traceparent, tracestate: 'ü' }, 'trace.tracestate: got "ü"'],
    ['x', 'trace: got "x", allowed is an object'],
    [null, 'trace: got null, allowed is an object'],
  ])('%j is refused', (trace, message) => {
    expect(() => new MockClient().request('s', 'x', { trace: trace as never })).toThrow(message);
  });

  test('is told of, and a subscriber may set it', async () => {
    const seen: unknown[] = [];
    listen(START, (message) => {
      seen.push(message.trace);
      message.trace = { traceparent };
    });
    const sent: Frame[][] = [];
    const mock = new MockClient({ traceFrame: true }).reply('s', ({ body }) => {
      sent.push([...body]);
      return 'x';
    });
    await mock.request('s', 'a');
    await mock.request('s', 'b', { trace: { traceparent, tracestate: 'a=1' } });
    expect(seen).toEqual([undefined, { traceparent, tracestate: 'a=1' }]);
    const frame = encodeTraceFrame({ traceparent });
    expect(sent.map((body) => body.map((part) => Buffer.from(part)))).toEqual([
      [Buffer.from(frame), Buffer.from('a')],
      [Buffer.from(frame), Buffer.from('b')],
    ]);
  });

  test('what a subscriber sets must be one', () => {
    listen(START, (message) => {
      message.trace = { traceparent: 'none' };
    });
    expect(() => new MockClient().request('s', 'x')).toThrow('trace.traceparent: got "none"');
  });

  test('makes no frame unless it is asked for, and none for the broker itself', async () => {
    const bodies: (string | undefined)[][] = [];
    const answer = ({ body }: { body: readonly Frame[] }): string => {
      bodies.push(body.map((frame) => text(frame)));
      return '200';
    };
    const options = { trace: { traceparent } };
    await new MockClient().reply('s', answer).request('s', 'a', options);
    const mock = new MockClient({ traceFrame: true }).reply('mmi.service', answer).reply('s', answer);
    await mock.hasService('s', options);
    await mock.request('s', bytes('b'));
    expect(bodies).toEqual([['a'], ['s'], ['b']]);
    expect(bodyOf(mock)).toEqual(['b']);
  });
});
