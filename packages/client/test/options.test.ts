// SPDX-License-Identifier: Apache-2.0
// options.test - what can be told a client and a request, the defaults, and what is refused

import { describe, expect, test } from '@jest/globals';
import { Client } from '../src/index.js';
import type { ClientOptions } from '../src/options.js';
import { resolveClientOptions, resolveRequestOptions } from '../src/options.js';

const ENDPOINT = 'tcp://127.0.0.1:5555';

describe('client options', () => {
  test('have these defaults', () => {
    expect(resolveClientOptions(ENDPOINT, {})).toEqual({
      endpoints: [ENDPOINT],
      dialect: 'rfc18',
      wire: 'auto',
      maxInFlight: 1_000,
      maxSockets: 256,
      maxQueued: 10_000,
      retryBudget: { ratio: 0.2, perSecond: 10, most: 1_000 },
      idleSocketMs: 10_000,
      names: 'all',
      traceFrame: false,
      resolveIntervalMs: 30_000,
      connect: { connectTimeoutMs: 2_000, reconnectMs: 100, reconnectMaxMs: 2_000 },
      request: {
        timeoutMs: 60_000,
        idleTimeoutMs: 0,
        attemptTimeoutMs: 0,
        attempts: 1,
        baseMs: 100,
        maxMs: 10_000,
        maxBufferedBytes: 16_777_216,
      },
      signal: undefined,
    });
  });

  test('undefined is as good as left out', () => {
    const options = { timeoutMs: undefined, retry: undefined, dialect: undefined, signal: undefined };
    expect(resolveClientOptions(ENDPOINT, options)).toEqual(resolveClientOptions(ENDPOINT, {}));
  });

  test.each<[string, object]>([
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: 1.5 }],
    ['timeoutMs', { timeoutMs: 2 ** 31 }],
    ['timeoutMs', { timeoutMs: '10' }],
    ['idleTimeoutMs', { idleTimeoutMs: -1 }],
    ['attemptTimeoutMs', { attemptTimeoutMs: NaN }],
    ['retry', { retry: 3 }],
    ['retry', { retry: null }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.attempts', { retry: { attempts: 1_001 } }],
    ['retry.baseMs', { retry: { baseMs: 0 } }],
    ['retry.maxMs', { retry: { baseMs: 100, maxMs: 99 } }],
    ['retry.tries', { retry: { tries: 2 } }],
    ['signal', { signal: {} }],
    ['maxBufferedBytes', { maxBufferedBytes: 0 }],
    ['dialect', { dialect: 'mdp02' }],
    ['wire', { wire: 'strict' }],
    ['maxInFlight', { maxInFlight: 0 }],
    ['maxInFlight', { maxInFlight: 65_536 }],
    ['maxSockets', { maxSockets: 0 }],
    ['maxSockets', { maxSockets: 10_001 }],
    ['maxQueued', { maxQueued: 0 }],
    ['idleSocketMs', { idleSocketMs: -1 }],
    ['retryBudget', { retryBudget: null }],
    ['retryBudget', { retryBudget: true }],
    ['retryBudget.ratio', { retryBudget: { ratio: -0.1 } }],
    ['retryBudget.perSecond', { retryBudget: { perSecond: NaN } }],
    ['retryBudget.most', { retryBudget: { most: 0 } }],
    ['retryBudget.burst', { retryBudget: { burst: 5 } }],
    ['connectTimeoutMs', { connectTimeoutMs: -1 }],
    ['reconnectMs', { reconnectMs: 0 }],
    ['reconnectMaxMs', { reconnectMs: 50, reconnectMaxMs: 49 }],
    ['onRefused', { onRefused: 5 }],
    ['curve', { curve: 'x' }],
    ['curve.serverKey', { curve: {} }],
    ['curve.key', { curve: { key: 'x' } }],
    ['timeout', { timeout: 10 }],
    ['id', { id: 'a name is for one request' }],
  ])('%s is refused in %j', (argument, options) => {
    expect(() => new Client(ENDPOINT, options as ClientOptions)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }),
    );
  });

  test.each(['majortomo', 'mdp01'] as const)('MX is refused with dialect %s, where auto is strict', (dialect) => {
    expect(() => resolveClientOptions(ENDPOINT, { dialect, wire: 'mx' })).toThrow(
      `wire: got "mx", allowed is auto, rfc18 with dialect ${dialect}`,
    );
    expect(resolveClientOptions(ENDPOINT, { dialect, wire: 'auto' }).wire).toBe('rfc18');
    expect(resolveClientOptions(ENDPOINT, { dialect: 'rfc18', wire: 'mx' }).wire).toBe('mx');
  });

  test('repetitions have a budget, unless there is to be none', () => {
    const usual = { ratio: 0.2, perSecond: 10, most: 1_000 };
    expect(resolveClientOptions(ENDPOINT, {}).retryBudget).toEqual(usual);
    expect(resolveClientOptions(ENDPOINT, { retryBudget: { ratio: 1 } }).retryBudget).toEqual({ ...usual, ratio: 1 });
    expect(resolveClientOptions(ENDPOINT, { retryBudget: false }).retryBudget).toBeUndefined();
  });

  test('a base above the default maximum lifts it', () => {
    expect(resolveClientOptions(ENDPOINT, { retry: { baseMs: 20_000 } }).request.maxMs).toBe(20_000);
    expect(resolveClientOptions(ENDPOINT, { reconnectMs: 9_000 }).connect.reconnectMaxMs).toBe(9_000);
  });
});

describe('endpoints', () => {
  test('are one or several, each once', () => {
    const client = new Client([ENDPOINT, 'ipc:///tmp/x', ENDPOINT]);
    expect(client.endpoints).toEqual([ENDPOINT, 'ipc:///tmp/x']);
    expect(new Client().endpoints).toEqual([ENDPOINT]);
  });

  test.each([[''], ['127.0.0.1:5555'], ['tcp://127.0.0.1:*'], ['tcp://127.0.0.1:0'], ['tcp://h:65536'], [[]], [[3]]])(
    '%j is refused',
    (endpoints) => {
      expect(() => new Client(endpoints as string)).toThrow(
        expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'endpoints' }),
      );
    },
  );
});

describe('request options', () => {
  const defaults = resolveClientOptions(ENDPOINT, {
    timeoutMs: 7,
    retry: { attempts: 3, baseMs: 5, maxMs: 50 },
  }).request;

  test("what is left out is the client's, within retry too", () => {
    expect(resolveRequestOptions(defaults, { idleTimeoutMs: 9, retry: { attempts: 2 } }).policy).toEqual({
      ...defaults,
      idleTimeoutMs: 9,
      attempts: 2,
    });
  });

  test.each([
    ['text', 'order-17', Buffer.from('order-17')],
    ['text of 64 bytes', 'ä'.repeat(32), Buffer.from('ä'.repeat(32))],
    ['bytes', new Uint8Array([0]), Buffer.from([0])],
    ['a Buffer', Buffer.alloc(64, 1), Buffer.alloc(64, 1)],
  ])('id may be %s', (_what, id, key) => {
    const resolved = resolveRequestOptions(defaults, { id }).key;
    expect(Buffer.compare(resolved ?? Buffer.from([]), key)).toBe(0);
  });

  test('what becomes of the bytes of an id later makes no difference', () => {
    const id = Buffer.from('a');
    const { key } = resolveRequestOptions(defaults, { id });
    id[0] = 98;
    expect(Buffer.from(key ?? []).toString()).toBe('a');
    expect(resolveRequestOptions(defaults, { id: undefined }).key).toBeUndefined();
  });

  test.each([[''], ['ä'.repeat(33)], [new Uint8Array(0)], [Buffer.alloc(65)], [17], [null], [[1]]])(
    'the id %j is refused',
    (id) => {
      expect(() => resolveRequestOptions(defaults, { id: id as string })).toThrow(
        expect.objectContaining({
          argument: 'id',
          message: expect.stringMatching(/^id: got .*, allowed is a string or Uint8Array of 1 to 64 bytes$/),
        }),
      );
    },
  );

  test.each([{ maxSockets: 1 }, { dialect: 'rfc18' }, { timeout: 1 }, 'x', null])('%j is refused', (options) => {
    expect(() => resolveRequestOptions(defaults, options as object)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT' }),
    );
  });
});

describe('arguments of request()', () => {
  const client = new Client(ENDPOINT);
  test.each<[string, unknown, unknown]>([
    ['service', '', 'a'],
    ['service', 'a\nb', 'a'],
    ['service', 'x'.repeat(256), 'a'],
    ['service', 5, 'a'],
    ['body', 'echo', []],
    ['body', 'echo', undefined],
    ['body', 'echo', 5],
    ['body', 'echo', new ArrayBuffer(3)],
    ['body[1]', 'echo', ['a', undefined]],
    ['body[0]', 'echo', [5]],
  ])('%s: request(%j, %j) throws within the call, and opens no socket', (argument, service, body) => {
    expect(() => client.request(service as string, body as string)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }),
    );
    expect(client.stats()).toMatchObject({ endpoints: [{ open: 0 }], counters: { requests: 0 } });
  });
});
