// SPDX-License-Identifier: Apache-2.0
// settings.test - default < file < environment < flag

import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../src/config-file.js';
import { readEnvironment } from '../src/environment.js';
import { resolveSettings } from '../src/settings.js';
import type { RunSettings } from '../src/settings.js';
import type { Environment } from '../src/variables.js';
import { readRunFlags } from '../src/run-flags.js';

interface Sources {
  readonly file?: string;
  readonly env?: Environment;
  readonly flags?: Record<string, string[]>;
}

async function resolve({ file = '', env = {}, flags = {} }: Sources): Promise<RunSettings> {
  const fromFile = await parseConfig(file, 'broker.yaml');
  return resolveSettings(fromFile, readEnvironment(env), readRunFlags(new Map(Object.entries(flags))));
}

test('nothing said leaves the broker its own defaults', async () => {
  expect(await resolve({})).toEqual({ broker: {}, drainMs: 10_000, logLevel: 'info', logFormat: 'text' });
});

test.each<[string, Sources, number]>([
  ['a file overrules the default', { file: 'maxAttempts: 3' }, 3],
  ['the environment overrules a file', { file: 'maxAttempts: 3', env: { MDP_MAX_ATTEMPTS: '4' } }, 4],
  [
    'a flag overrules the environment',
    { file: 'maxAttempts: 3', env: { MDP_MAX_ATTEMPTS: '4' }, flags: { 'max-attempts': ['5'] } },
    5,
  ],
  ['an empty variable counts as not set', { file: 'maxAttempts: 3', env: { MDP_MAX_ATTEMPTS: ' ' } }, 3],
  ['the last of several flags holds', { flags: { 'max-attempts': ['5', '6'] } }, 6],
])('%s', async (_, sources, maxAttempts) => {
  expect((await resolve(sources)).broker).toEqual({ maxAttempts });
});

test('a flag turns off what a file turned on, and the other way round', async () => {
  const off = await resolve({ file: 'forwardErrors: true', flags: { 'no-forward-errors': [] } });
  const on = await resolve({ file: 'zmtpHeartbeats: false', flags: { 'zmtp-heartbeats': [] } });
  expect([off.broker.forwardErrors, on.broker.zmtpHeartbeats]).toEqual([false, true]);
});

test('endpoints are replaced, not added', async () => {
  const file = 'endpoints: [tcp://127.0.0.1:1, tcp://127.0.0.1:2]';
  const env = { MDP_BIND_URL: 'tcp://127.0.0.1:3,role=client  ipc:///tmp/x,role=worker' };
  expect((await resolve({ file, env })).broker.endpoints).toEqual([
    { endpoint: 'tcp://127.0.0.1:3', role: 'client' },
    { endpoint: 'ipc:///tmp/x', role: 'worker' },
  ]);
});

test('services are merged option by option', async () => {
  const { broker } = await resolve({
    file: 'services: { resize: { maxAttempts: 1, maxQueued: 5 }, report: { queueTimeout: 1h } }',
    env: { MDP_SERVICE: 'resize,max-queued=6 mail,max-attempts=3' },
    flags: { service: ['resize,no-worker-timeout=2', 'resize,queue-timeout=3s'] },
  });
  expect(broker.services).toEqual({
    resize: { maxAttempts: 1, maxQueued: 6, noWorkerTimeoutMs: 2000, queueTimeoutMs: 3000 },
    report: { queueTimeoutMs: 3_600_000 },
    mail: { maxAttempts: 3 },
  });
});

describe('encryption and access', () => {
  test('key and lists come from anywhere, and are replaced as a whole', async () => {
    const file = 'curveKey: file.key_secret\nallow: [a.key, b.key]';
    const both = await resolve({
      file,
      env: { MDP_CURVE_KEY: 'env.key_secret' },
      flags: { allow: ['c.key', 'd.key'] },
    });
    expect(both.broker).toEqual({ curve: { keyFile: 'env.key_secret' }, allow: ['c.key', 'd.key'] });
    expect(both.keyNames).toEqual({ curveKey: 'MDP_CURVE_KEY', allow: '--allow' });
  });

  test('the places where lists are named are all known', async () => {
    const flags = { 'curve-key': ['x'], 'bind-url': ['tcp://*:1,allow=a', 'tcp://*:2,curve=no'] };
    expect((await resolve({ flags })).keyNames).toEqual({ curveKey: '--curve-key', allow: '--bind-url (allow)' });
    const { keyNames } = await resolve({ flags, env: { MDP_ALLOW: 'b' } });
    expect(keyNames?.allow).toBe('MDP_ALLOW or --bind-url (allow)');
    expect((await resolve({ flags: { 'curve-key': ['x'] } })).keyNames?.allow).toBe('');
  });

  test('each thread has the rights of the endpoint', async () => {
    const flags = { 'curve-key': ['x'], threads: ['2'], 'bind-url': ['tcp://*:1,role=client,allow=a,service=s'] };
    const rights = { role: 'client', allow: ['a'], services: ['s'] };
    expect((await resolve({ flags })).threads).toEqual([
      [{ endpoint: 'tcp://*:1', ...rights }],
      [{ endpoint: 'tcp://*:2', ...rights }],
    ]);
  });

  test.each<[Sources, string]>([
    [
      { flags: { allow: ['a.key'] } },
      '--allow: keys can be allowed only where connections are encrypted: give the broker a',
    ],
    [
      { flags: { 'bind-url': ['tcp://*:1,allow=a.key'] } },
      '--bind-url (tcp://*:1): keys cannot be allowed (allow), because the broker has no key: give it one with --curve-key',
    ],
    [
      { env: { MDP_BIND_URL: 'tcp://*:1,curve=yes' } },
      'MDP_BIND_URL (tcp://*:1): cannot be encrypted (curve), because the broker has no key',
    ],
    [
      { flags: { 'curve-key': ['x'], 'bind-url': ['tcp://*:1', 'inproc://x,curve=yes'] } },
      '--bind-url (inproc://x): cannot be encrypted (curve), because inproc is never encrypted',
    ],
    [
      { file: 'curveKey: x\nendpoints:\n  - { endpoint: "tcp://*:1", curve: false, allow: a }' },
      'broker.yaml:3: endpoints (tcp://*:1): keys cannot be allowed (allow), because it is not encrypted (curve)',
    ],
  ])('refuses %j', async (sources, message) => {
    await expect(resolve(sources)).rejects.toThrow(message);
  });
});

describe('threads', () => {
  test.each<[string, Sources, unknown]>([
    ['one is none of its own', { flags: { threads: ['1'] } }, undefined],
    [
      'each has the default endpoint, or the next',
      { env: { MDP_THREADS: '2' } },
      [[{ endpoint: 'tcp://127.0.0.1:5555' }], [{ endpoint: 'tcp://127.0.0.1:5556' }]],
    ],
    [
      'a flag overrules a file',
      { file: 'threads: 3', flags: { threads: ['2'], 'bind-url': ['ipc://a,role=any'] } },
      [[{ endpoint: 'ipc://a', role: 'any' }], [{ endpoint: 'ipc://a-2', role: 'any' }]],
    ],
  ])('%s', async (_, sources, threads) => {
    expect((await resolve(sources)).threads).toEqual(threads);
  });

  test('what is wrong is named as it was given', async () => {
    const sources = { file: 'threads: 2\nendpoints:\n  - tcp://*:65535' };
    await expect(resolve(sources)).rejects.toThrow(
      'broker.yaml:3: endpoints: got "tcp://*:65535", allowed is a port up to 65534 with broker.yaml:1: threads 2, because',
    );
  });
});

describe("the heartbeat's timeout", () => {
  test.each<[string, Sources, unknown]>([
    ['is a number of default intervals', { flags: { 'heartbeat-timeout': ['10'] } }, { heartbeatLiveness: 4 }],
    [
      'follows the interval when it is not given',
      { flags: { 'heartbeat-interval': ['3'] } },
      { heartbeatIntervalMs: 3000 },
    ],
    [
      'counts intervals from another source',
      { file: 'heartbeatTimeout: 0.9', env: { MDP_HEARTBEAT_INTERVAL: '300ms' } },
      { heartbeatIntervalMs: 300, heartbeatLiveness: 3 },
    ],
  ])('%s', async (_, sources, broker) => {
    expect((await resolve(sources)).broker).toEqual(broker);
  });

  test.each<[Sources, string]>([
    [
      { flags: { 'heartbeat-interval': ['3'], 'heartbeat-timeout': ['10'] } },
      '--heartbeat-timeout (10s): allowed is a whole multiple, 2 to 100 times, of --heartbeat-interval (3s): 9s or 12s would do',
    ],
    [
      { env: { MDP_HEARTBEAT_TIMEOUT: '1s' } },
      'MDP_HEARTBEAT_TIMEOUT (1s): allowed is a whole multiple, 2 to 100 times, of the heartbeat interval (2.5s): 5s would do',
    ],
    [
      { file: 'heartbeatTimeout: 1h', flags: { 'heartbeat-interval': ['1'] } },
      'broker.yaml:1: heartbeatTimeout (1h): allowed is a whole multiple, 2 to 100 times, of --heartbeat-interval (1s): 100s would do',
    ],
  ])('refuses %j', async (sources, message) => {
    await expect(resolve(sources)).rejects.toThrow(message);
  });
});

test.each<[Record<string, string[]>, string]>([
  [{ verbose: [] }, 'verbose'],
  [{ debug: [], verbose: [] }, 'debug'],
  [{ debug: [], 'log-level': ['debug'] }, 'debug'],
  [{ 'log-level': ['error'] }, 'error'],
])('%j logs at %s', async (flags, level) => {
  expect((await resolve({ env: { MDP_LOG_LEVEL: 'warn' }, flags })).logLevel).toBe(level);
});

test.each<[Record<string, string[]>, string]>([
  [{ verbose: [], 'log-level': ['error'] }, '--verbose and --log-level error contradict each other'],
  [{ 'forward-errors': [], 'no-forward-errors': [] }, '--forward-errors and --no-forward-errors contradict each other'],
])('%j is refused', async (flags, message) => {
  await expect(resolve({ flags })).rejects.toThrow(message);
});
