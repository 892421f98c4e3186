// SPDX-License-Identifier: Apache-2.0
// options.test - defaults, what is allowed, and errors that say what is wrong

import { describe, expect, test } from '@jest/globals';
import { ArgumentError } from '@mdp/protocol';
import type { BrokerOptions } from '@mdp/broker';
import { BROKER_DEFAULTS, Broker } from '@mdp/broker';
import { resolveBrokerOptions } from '../src/options.js';
import { generateKeyPair } from '@mdp/protocol/node';
import type { ResolvedEndpoint } from '../src/endpoint-options.js';
import { groupEndpoints } from '../src/endpoint-options.js';

/** The error that options lead to. */
function refusal(options: unknown): ArgumentError {
  try {
    resolveBrokerOptions(options as BrokerOptions);
  } catch (error) {
    if (error instanceof ArgumentError) return error;
    throw error;
  }
  throw new Error(`these options were taken: ${JSON.stringify(options)}`);
}

const COUNTS = {
  heartbeatLiveness: [2, 100],
  maxAttempts: [1, 100],
  maxBodyBytes: [1, 2 ** 30],
  maxBodyFrames: [1, 65_535],
  maxServices: [1, 10_000_000],
  maxWorkers: [1, 10_000_000],
  maxWorkersPerConnection: [1, 10_000_000],
  maxQueued: [0, 10_000_000],
  maxQueuedPerService: [0, 10_000_000],
  maxQueuedPerClient: [0, 10_000_000],
  maxPendingBytes: [0, 2 ** 40],
  maxPendingBytesPerClient: [0, 2 ** 40],
  maxServicesPerClient: [0, 10_000_000],
  maxRequestsPerSecond: [0, 10_000_000],
  maxOutboxBytesInAll: [1, 2 ** 40],
  maxStrikes: [1, 10_000_000],
  maxConnections: [100, 10_000_000],
  sendHighWaterMark: [1, 10_000_000],
  receiveHighWaterMark: [1, 10_000_000],
  maxOutboxMessages: [1, 10_000_000],
  maxOutboxBytes: [1, 2 ** 40],
} as const;

const DURATIONS = {
  heartbeatIntervalMs: [10, 2 ** 31 - 1],
  busyWorkerTimeoutMs: [10, 2 ** 31 - 1],
  noWorkerTimeoutMs: [0, 2 ** 31 - 1],
  queueTimeoutMs: [1, 2 ** 31 - 1],
  stalledStreamTimeoutMs: [10, 2 ** 31 - 1],
  handshakeTimeoutMs: [100, 2 ** 31 - 1],
} as const;

const FLAGS = ['mx', 'zmtpHeartbeats', 'forwardErrors'] as const;

/** An endpoint with nothing else said about it. */
function resolved(endpoint: string, more: Partial<ResolvedEndpoint> = {}): ResolvedEndpoint {
  return { endpoint, role: 'any', curve: false, allow: undefined, services: undefined, ...more };
}

const numbers = Object.entries({ ...COUNTS, ...DURATIONS }).map(([name, [min, max]]) => ({ name, min, max }));

describe('resolveBrokerOptions', () => {
  test('fills in every default', () => {
    const { endpoints, services, anyService, ...rest } = resolveBrokerOptions();
    expect(rest).toEqual(BROKER_DEFAULTS);
    expect(endpoints).toEqual([resolved('tcp://127.0.0.1:5555')]);
    expect(services.size).toBe(0);
    expect(anyService).toEqual({
      maxAttempts: 2,
      maxQueued: 10_000,
      noWorkerTimeoutMs: 60_000,
      queueTimeoutMs: 900_000,
    });
  });

  test('every option with a default is in one of these tables', () => {
    const names = [...numbers.map(({ name }) => name), ...FLAGS];
    expect(names.sort()).toEqual(Object.keys(BROKER_DEFAULTS).sort());
  });

  test('takes undefined for what is left out', () => {
    const all = Object.fromEntries(Object.keys(BROKER_DEFAULTS).map((name) => [name, undefined]));
    expect(resolveBrokerOptions(all as BrokerOptions)).toEqual(resolveBrokerOptions());
  });

  test.each(numbers)('$name: from $min to $max', ({ name, min, max }) => {
    for (const value of [min, max]) expect(resolveBrokerOptions({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of [min - 1, max + 1, 1.5, NaN, Infinity, '5', null, {}]) {
      const error = refusal({ [name]: value });
      expect(error.code).toBe('MDP_INVALID_ARGUMENT');
      expect(error.argument).toBe(name);
      expect(error.message).toMatch(new RegExp(`^${name}: got (an object|"5"|null|NaN|-?[\\dI])`));
      expect(error.message).toContain(`from ${String(min)} to ${String(max)}`);
    }
  });

  test.each(FLAGS)('%s: true or false', (name) => {
    for (const value of [true, false]) expect(resolveBrokerOptions({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of ['true', 1, null]) {
      const error = refusal({ [name]: value });
      expect(error.argument).toBe(name);
      expect(error.message).toContain('allowed is true or false');
    }
  });

  test('refuses an option that does not exist, and lists those that do', () => {
    const error = refusal({ heartbeatInterval: 1_000 });
    expect(error.argument).toBe('heartbeatInterval');
    expect(error.message).toContain('got 1000');
    expect(error.message).toContain('heartbeatIntervalMs');
  });

  test.each([null, 'tcp://127.0.0.1:5555', 5, []])('refuses %p in place of options', (options) => {
    expect(refusal(options).argument).toBe('options');
  });
});

describe('endpoints', () => {
  test('one, several, with roles or without', () => {
    expect(resolveBrokerOptions({ endpoints: 'ipc:///tmp/x' }).endpoints).toEqual([resolved('ipc:///tmp/x')]);
    expect(resolveBrokerOptions({ endpoints: { endpoint: 'inproc://x', role: 'client' } }).endpoints).toEqual([
      resolved('inproc://x', { role: 'client' }),
    ]);
    expect(
      resolveBrokerOptions({
        endpoints: ['tcp://*:1', { endpoint: 'tcp://[::1]:*', role: 'worker' }, { endpoint: 'inproc://y' }],
      }).endpoints,
    ).toEqual([resolved('tcp://*:1'), resolved('tcp://[::1]:*', { role: 'worker' }), resolved('inproc://y')]);
  });

  test('are encrypted when the broker has a key, but for inproc and those that say no', () => {
    const curve = { secretKey: generateKeyPair().secretKey };
    const endpoints = ['tcp://*:1', { endpoint: 'tcp://*:2', curve: false }, 'inproc://x', 'ipc:///tmp/x'];
    expect(resolveBrokerOptions({ curve, endpoints, allow: 'keys' }).endpoints).toEqual([
      resolved('tcp://*:1', { curve: true, allow: ['keys'] }),
      resolved('tcp://*:2'),
      resolved('inproc://x'),
      resolved('ipc:///tmp/x', { curve: true, allow: ['keys'] }),
    ]);
  });

  test('never show the key', () => {
    const { secretKey } = generateKeyPair();
    expect(JSON.stringify(resolveBrokerOptions({ curve: { secretKey } }))).not.toContain(JSON.stringify(secretKey));
  });

  test('share a socket when they differ in nothing but the place', () => {
    const allow = (): boolean => true;
    const curve = { secretKey: generateKeyPair().secretKey };
    const { endpoints } = resolveBrokerOptions({
      curve,
      endpoints: [
        { endpoint: 'tcp://*:1', role: 'worker' },
        { endpoint: 'tcp://*:2', services: ['a', 'b'] },
        'tcp://*:3',
        { endpoint: 'tcp://*:4', services: ['a', 'b'] },
        { endpoint: 'tcp://*:5', services: 'a' },
        { endpoint: 'tcp://*:6', allow },
        { endpoint: 'tcp://*:7', allow },
        { endpoint: 'tcp://*:8', allow: () => true },
        { endpoint: 'tcp://*:9', curve: false },
        { endpoint: 'tcp://*:10', role: 'worker' },
      ],
    });
    const shared = groupEndpoints(endpoints).map((group) => group.endpoints.map((endpoint) => endpoint.slice(8)));
    expect(shared).toEqual([['2', '4'], ['3'], ['5'], ['6', '7'], ['8'], ['9'], ['1', '10']]);
  });

  test.each([
    [{ endpoints: 'tcp://*:1', allow: 'keys' }, 'allow', 'none without curve'],
    [{ endpoints: { endpoint: 'tcp://*:1', allow: 'keys' } }, 'endpoints.allow', 'none for an endpoint that is not'],
    [{ endpoints: { endpoint: 'tcp://*:1', curve: true } }, 'endpoints.curve', 'false: the broker has no key'],
    [{ curve: {}, endpoints: { endpoint: 'inproc://x', curve: true } }, 'endpoints.curve', 'false for an inproc'],
    [{ curve: {}, allow: '' }, 'allow', 'the path of a list of keys'],
    [{ curve: {}, allow: [] }, 'allow', 'the path of a list of keys'],
    [{ curve: {}, allow: 5 }, 'allow', 'the path of a list of keys'],
    [{ curve: {}, endpoints: { endpoint: 'tcp://*:1', allow: ['a', 5] } }, 'endpoints.allow', 'the path of a list'],
    [{ endpoints: { endpoint: 'tcp://*:1', services: [] } }, 'endpoints.services', 'one service or more'],
    [{ endpoints: { endpoint: 'tcp://*:1', services: ['a*b'] } }, 'endpoints.services', 'names of services'],
    [{ endpoints: { endpoint: 'tcp://*:1', services: '**' } }, 'endpoints.services', 'names of services'],
    [{ endpoints: { endpoint: 'tcp://*:1', services: '' } }, 'endpoints.services', 'names of services'],
    [{ endpoints: { endpoint: 'tcp://*:1', services: [5] } }, 'endpoints.services', 'names of services'],
  ])('refuses %j', (options, argument, allowed) => {
    const error = refusal(options);
    expect(error.argument).toBe(argument);
    expect(error.message).toContain(allowed);
  });

  test.each([
    [[], 'endpoints', 'one endpoint or more'],
    ['', 'endpoints', 'tcp://host:port'],
    ['http://x', 'endpoints', 'tcp://host:port'],
    ['tcp://127.0.0.1', 'endpoints', 'tcp://host:port'],
    ['tcp://127.0.0.1:65536', 'endpoints', 'tcp://host:port'],
    [5, 'endpoints', 'a string or an object with endpoint, role'],
    [['inproc://x', 5], 'endpoints[1]', 'a string or an object with endpoint, role'],
    [['inproc://x', null], 'endpoints[1]', 'a string or an object with endpoint, role'],
    [['inproc://x', 'y'], 'endpoints[1]', 'tcp://host:port'],
    [{ endpoint: 'inproc://x', role: 'boss' }, 'endpoints.role', 'any, client, worker'],
    [{ role: 'client' }, 'endpoints.endpoint', 'tcp://host:port'],
    [{ endpoint: 'inproc://x', rol: 'any' }, 'endpoints.rol', 'endpoint, role'],
    [['inproc://x', 'inproc://x'], 'endpoints[1]', 'an endpoint that is not given twice'],
  ])('refuses %j', (endpoints, argument, allowed) => {
    const error = refusal({ endpoints });
    expect(error.argument).toBe(argument);
    expect(error.message).toContain(allowed);
  });

  test('takes several free ports: they are not the same', () => {
    expect(resolveBrokerOptions({ endpoints: ['tcp://127.0.0.1:*', 'tcp://127.0.0.1:*'] }).endpoints).toHaveLength(2);
  });
});

describe('services', () => {
  test('each fills in what it does not say with what holds for all', () => {
    const { services } = resolveBrokerOptions({
      maxAttempts: 5,
      maxQueuedPerService: 7,
      services: { charge: { maxAttempts: 1 }, report: { maxQueued: 3, noWorkerTimeoutMs: 0, queueTimeoutMs: 9 } },
    });
    expect(services.get('charge')).toEqual({
      maxAttempts: 1,
      maxQueued: 7,
      noWorkerTimeoutMs: 60_000,
      queueTimeoutMs: 900_000,
    });
    expect(services.get('report')).toEqual({ maxAttempts: 5, maxQueued: 3, noWorkerTimeoutMs: 0, queueTimeoutMs: 9 });
  });

  test('a service may be called like a property of every object', () => {
    const services = JSON.parse(
      '{ "__proto__": { "maxAttempts": 1 }, "constructor": {} }',
    ) as BrokerOptions['services'];
    const resolved = resolveBrokerOptions({ services: services ?? {} });
    expect(resolved.services.get('__proto__')?.maxAttempts).toBe(1);
    expect([...resolved.services.keys()]).toEqual(['__proto__', 'constructor']);
  });

  test.each([
    [{ s: { maxAttempts: 0 } }, 'services.s.maxAttempts', 'from 1 to 100'],
    [{ s: { maxQueued: -1 } }, 'services.s.maxQueued', 'from 0'],
    [{ s: { noWorkerTimeoutMs: -1 } }, 'services.s.noWorkerTimeoutMs', 'from 0'],
    [{ s: { queueTimeoutMs: 0 } }, 'services.s.queueTimeoutMs', 'from 1'],
    [{ s: { maxAttempt: 1 } }, 'services.s.maxAttempt', 'maxAttempts'],
    [{ s: null }, 'services.s', 'an object with maxAttempts'],
    [{ s: 3 }, 'services.s', 'an object with maxAttempts'],
    [{ '': {} }, 'services', 'a printable string'],
    [{ 'a\nb': {} }, 'services', 'a printable string'],
    [{ 'mmi.mine': {} }, 'services', 'does not begin with mmi.'],
    [null, 'services', 'names and their options'],
    ['s', 'services', 'names and their options'],
    [[{}], 'services', 'names and their options'],
  ])('refuses %j', (services, argument, allowed) => {
    const error = refusal({ services });
    expect(error.argument).toBe(argument);
    expect(error.message).toContain(allowed);
  });
});

describe('new Broker', () => {
  test('refuses bad options at once', () => {
    expect(() => new Broker({ maxAttempts: 0 })).toThrow('maxAttempts: got 0, allowed is a whole number from 1 to 100');
    expect(() => new Broker(null as unknown as BrokerOptions)).toThrow('options: got null');
  });

  test('keeps what holds', () => {
    expect(new Broker({ maxAttempts: 3 }).options.maxAttempts).toBe(3);
  });
});
