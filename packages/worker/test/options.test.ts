// SPDX-License-Identifier: Apache-2.0
// options.test - what a worker can be told, and what it says to what it cannot

import { describe, expect, test } from '@jest/globals';
import { Context, context } from 'zeromq';
import type { WorkerOptions } from '../src/index.js';
import { WORKER_DEFAULTS, Worker, resolveWorkerOptions } from '../src/index.js';

const ENDPOINT = 'tcp://127.0.0.1:5555';

/** What a bad argument's error says. */
function refusal(make: () => unknown): { code: string; argument: string; message: string } {
  try {
    make();
  } catch (error) {
    return error as { code: string; argument: string; message: string };
  }
  throw new Error('nothing was refused');
}

describe('options', () => {
  test('have defaults', () => {
    expect(resolveWorkerOptions({})).toEqual({ ...WORKER_DEFAULTS, errorReplies: 'always', context });
    expect(WORKER_DEFAULTS).toMatchObject({
      ...{ dialect: 'rfc18', concurrency: 1, heartbeatIntervalMs: 2_500, heartbeatLiveness: 4 },
      ...{ reconnectBaseMs: 100, reconnectMaxMs: 10_000 },
    });
  });

  test.each(['majortomo', 'mdp01'] as const)('in dialect %s error replies are not sent by default', (dialect) => {
    expect(resolveWorkerOptions({ dialect }).errorReplies).toBe('never');
    expect(resolveWorkerOptions({ dialect, errorReplies: 'always' }).errorReplies).toBe('always');
  });

  test.each(['auto', 'mx', 'rfc18'] as const)(
    'wire %s goes with dialect rfc18; elsewhere there is only the strict one',
    (wire) => {
      expect(resolveWorkerOptions({ wire }).wire).toBe(wire);
      for (const dialect of ['majortomo', 'mdp01'] as const) {
        if (wire === 'mx') {
          expect(refusal(() => resolveWorkerOptions({ wire, dialect }))).toMatchObject({
            code: 'MDP_INVALID_ARGUMENT',
            argument: 'wire',
            message: `wire: got "mx", allowed is 'auto' or 'rfc18' in dialect ${dialect}: only rfc18 has MX`,
          });
        } else {
          expect(resolveWorkerOptions({ wire, dialect }).wire).toBe('rfc18');
        }
      }
    },
  );

  test('the longest wait is never shorter than the first', () => {
    expect(resolveWorkerOptions({ reconnectBaseMs: 60_000 }).reconnectMaxMs).toBe(60_000);
  });

  test('a context of zeromq is taken', () => {
    const own = new Context();
    expect(resolveWorkerOptions({ context: own }).context).toBe(own);
  });

  test.each<[keyof WorkerOptions, unknown]>([
    ['dialect', 'mdp02'],
    ['wire', 'MX'],
    ['concurrency', 0],
    ['concurrency', 257],
    ['concurrency', 1.5],
    ['heartbeatIntervalMs', 9],
    ['heartbeatIntervalMs', NaN],
    ['heartbeatIntervalMs', '2500'],
    ['heartbeatLiveness', 1],
    ['heartbeatLiveness', 101],
    ['reconnectBaseMs', 0],
    ['reconnectMaxMs', 99],
    ['errorReplies', 'sometimes'],
    ['maxJoinedBytes', 0],
    ['sendHighWaterMark', 0],
    ['lingerMs', -1],
    ['context', {}],
  ])('%s: %p is refused, by its name', (name, value) => {
    const error = refusal(() => resolveWorkerOptions({ [name]: value }));
    expect(error).toMatchObject({ code: 'MDP_INVALID_ARGUMENT', argument: name });
    expect(error.message).toContain('allowed is');
  });

  test('deduplicate is off, on, or on within limits', () => {
    const defaults = { maxEntries: 10_000, maxBytes: 16_777_216, ttlMs: 300_000 };
    expect(resolveWorkerOptions({ deduplicate: false }).deduplicate).toBeUndefined();
    expect(resolveWorkerOptions({ deduplicate: true }).deduplicate).toEqual(defaults);
    expect(resolveWorkerOptions({ deduplicate: { ttlMs: 7 } }).deduplicate).toEqual({ ...defaults, ttlMs: 7 });
  });

  test.each<[string, unknown]>([
    ['deduplicate', 'yes'],
    ['deduplicate', null],
    ['deduplicate.maxEntries', { maxEntries: 0 }],
    ['deduplicate.maxBytes', { maxBytes: 0.5 }],
    ['deduplicate.ttlMs', { ttlMs: 0 }],
    ['deduplicate.ttl', { ttl: 5 }],
  ])('%s: %p is refused, by its name', (argument, value) => {
    const error = refusal(() => resolveWorkerOptions({ deduplicate: value as boolean }));
    expect(error).toMatchObject({ code: 'MDP_INVALID_ARGUMENT', argument });
    expect(error.message).toContain('allowed is');
  });

  test('deduplicate is refused where it could do nothing: on the strict wire, and without a handler', () => {
    for (const options of [{ wire: 'rfc18' }, { dialect: 'mdp01' }] as const) {
      expect(refusal(() => resolveWorkerOptions({ ...options, deduplicate: true }))).toMatchObject({
        argument: 'deduplicate',
        message: 'deduplicate: got true, allowed is false on the strict wire, which tells no ids',
      });
      expect(resolveWorkerOptions({ ...options, deduplicate: false }).deduplicate).toBeUndefined();
    }
    expect(refusal(() => new Worker(ENDPOINT, 'echo', { deduplicate: true }))).toMatchObject({
      argument: 'deduplicate',
      message: 'deduplicate: got true, allowed is false without a handler: who takes requests decides',
    });
  });

  test('a misspelt option is refused', () => {
    expect(refusal(() => resolveWorkerOptions({ concurency: 2 } as WorkerOptions))).toMatchObject({
      code: 'MDP_INVALID_ARGUMENT',
      argument: 'concurency',
    });
  });
});

describe('the arguments of a worker', () => {
  test.each([
    ['tcp://127.0.0.1'],
    ['http://127.0.0.1:80'],
    ['tcp://127.0.0.1:*'],
    ['tcp://127.0.0.1:0'],
    ['tcp://127.0.0.1:70000'],
    [''],
  ])('the endpoint %p is refused', (endpoint) => {
    expect(refusal(() => new Worker(endpoint, 'echo'))).toMatchObject({
      code: 'MDP_INVALID_ARGUMENT',
      argument: 'endpoint',
    });
  });

  test('no endpoint at all is refused; the same one twice is one', () => {
    expect(refusal(() => new Worker([], 'echo')).code).toBe('MDP_INVALID_ARGUMENT');
    expect(new Worker([ENDPOINT, ENDPOINT], 'echo').endpoints).toEqual([ENDPOINT]);
  });

  test.each(['', 'a\nb', 'x'.repeat(256), 'mmi.service'])('the service %p is refused', (service) => {
    expect(refusal(() => new Worker(ENDPOINT, service))).toMatchObject({
      code: 'MDP_INVALID_ARGUMENT',
      argument: 'service',
    });
  });

  test('several services are an object of handlers; options follow it', () => {
    const echo = (): string => 'ok';
    expect(new Worker(ENDPOINT, { echo, half: echo }).services).toEqual(['echo', 'half']);
    expect(new Worker(ENDPOINT, { echo }).service).toBe('echo');
    expect(new Worker(ENDPOINT, 'echo').services).toEqual(['echo']);
    expect(refusal(() => new Worker(ENDPOINT, { echo }, { concurrency: 0 })).argument).toBe('concurrency');
    expect(refusal(() => new Worker(ENDPOINT, {})).argument).toBe('handlers');
    expect(refusal(() => new Worker(ENDPOINT, { echo, half: 'no' as never })).argument).toBe('handlers.half');
    expect(refusal(() => new Worker(ENDPOINT, { 'mmi.echo': echo })).argument).toBe('service');
    expect(refusal(() => new Worker(ENDPOINT, { '': echo })).argument).toBe('service');
    expect(refusal(() => new Worker(ENDPOINT, { echo } as never, echo)).argument).toBe('handler');
    expect(refusal(() => new Worker(ENDPOINT, null as never)).argument).toBe('service');
  });

  test('a worker with several services cannot be iterated over: each has its handler', () => {
    const worker = new Worker(ENDPOINT, { echo: () => 'ok' });
    expect(() => worker[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'MDP_INVALID_STATE' }));
  });

  test('options may stand in place of the handler, or after it', () => {
    expect(refusal(() => new Worker(ENDPOINT, 'echo', { concurrency: 0 })).argument).toBe('concurrency');
    expect(refusal(() => new Worker(ENDPOINT, 'echo', () => 'ok', { concurrency: 0 })).argument).toBe('concurrency');
    expect(refusal(() => new Worker(ENDPOINT, 'echo', null as never)).argument).toBe('options');
  });

  test('a drain time that is none is refused', async () => {
    const worker = new Worker(ENDPOINT, 'echo');
    await expect(worker.stop({ drainMs: -1 })).rejects.toMatchObject({ argument: 'drainMs' });
    expect(worker.stats().phase).toBe('new');
  });
});
