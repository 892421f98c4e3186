// SPDX-License-Identifier: Apache-2.0
// config-file.test - YAML and JSON config files, and what is wrong with them

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig, readConfigFile } from '../src/config-file.js';

async function values(text: string): Promise<Record<string, unknown>> {
  const source = await parseConfig(text, 'broker.yaml');
  return Object.fromEntries(Array.from(source, ([key, { value }]) => [key, value]));
}

const WHOLE = {
  heartbeatInterval: 1000,
  maxBodyBytes: 1_048_576,
  drain: 30_000,
  'log.level': 'warn',
  endpoints: [{ endpoint: 'tcp://*:5555', role: 'client' }, { endpoint: 'ipc:///run/mdp.sock' }],
  services: new Map([['resize', { maxAttempts: 1 }]]),
};

test('YAML is read', async () => {
  const text = `
heartbeatInterval: 1
maxBodyBytes: 1MiB
drain: 30s
log:
  level: warn
endpoints:
  - endpoint: tcp://*:5555
    role: client
  - ipc:///run/mdp.sock
services:
  resize: { maxAttempts: 1 }
`;
  expect(await values(text)).toEqual(WHOLE);
});

test('JSON is read, with tabs and a schema', async () => {
  const text = JSON.stringify(
    {
      $schema: 'https://example.org/config.schema.json',
      heartbeatInterval: 1,
      maxBodyBytes: '1MiB',
      drain: '30s',
      log: { level: 'warn' },
      endpoints: [{ endpoint: 'tcp://*:5555', role: 'client' }, 'ipc:///run/mdp.sock'],
      services: { resize: { maxAttempts: 1 } },
    },
    null,
    '\t',
  );
  expect(await values(text)).toEqual(WHOLE);
});

test.each([
  ['', {}],
  ['# nothing\n', {}],
  ['log:\n', {}],
  ['services:\n  resize:\n', { services: new Map([['resize', {}]]) }],
  ['curveKey: broker.key_secret', { curveKey: 'broker.key_secret' }],
  ['allow: alice.key', { allow: ['alice.key'] }],
  ['allow: [alice.key, /etc/mdp/keys]', { allow: ['alice.key', '/etc/mdp/keys'] }],
  [
    'endpoints: { endpoint: "tcp://*:1", curve: false, allow: a.key, services: [resize, report.*] }',
    { endpoints: [{ endpoint: 'tcp://*:1', curve: false, allow: ['a.key'], services: ['resize', 'report.*'] }] },
  ],
  [
    'endpoints: { endpoint: "tcp://*:1", allow: [a.key, b.key], services: "*" }',
    { endpoints: [{ endpoint: 'tcp://*:1', allow: ['a.key', 'b.key'], services: ['*'] }] },
  ],
  ['endpoints: tcp://*:5555,role=worker', { endpoints: [{ endpoint: 'tcp://*:5555', role: 'worker' }] }],
  ['services: { __proto__: { maxQueued: 1 } }', { services: new Map([['__proto__', { maxQueued: 1 }]]) }],
])('%j is read as what it says', async (text, expected) => {
  expect(await values(text)).toEqual(expected);
});

describe('what is wrong is named with its line, its path, its value and what is allowed', () => {
  test.each([
    ['\nmaxAttempts: 0', 'broker.yaml:2: maxAttempts: got 0, allowed is a whole number from 1 to 100'],
    ['maxAttempts: "3"', 'broker.yaml:1: maxAttempts: got "3", allowed is a whole number from 1 to 100'],
    ['maxAttempts:', 'broker.yaml:1: maxAttempts: got null, allowed is a whole number from 1 to 100'],
    ['forwardErrors: yes', 'broker.yaml:1: forwardErrors: got "yes", allowed is true or false'],
    ['log: { level: loud }', 'broker.yaml:1: log.level: got "loud", allowed is error, warn, info, verbose, debug'],
    ['log: debug', 'broker.yaml:1: log: got "debug", allowed is an object with level, format'],
    ['endpoints: []', 'broker.yaml:1: endpoints: got an array of 0, allowed is one endpoint or more'],
    [
      'endpoints: [5555]',
      'broker.yaml:1: endpoints[0]: got 5555, allowed is an endpoint, or an object with endpoint, role, curve, allow, services',
    ],
    [
      'endpoints: [{ endpoint: tcp://*:1, role: boss }]',
      'broker.yaml:1: endpoints[0].role: got "boss", allowed is any, client, worker',
    ],
    [
      'endpoints: [{ endpoint: tcp://*:1, rolle: client }]',
      'broker.yaml:1: endpoints[0].rolle: there is no such option; an endpoint has endpoint, role, curve, allow, services; did you mean role?',
    ],
    [
      'services:\n  resize:\n    maxAttempts: 0',
      'broker.yaml:3: services.resize.maxAttempts: got 0, allowed is a whole number from 1 to 100',
    ],
    [
      'services: { "a b": { maxAttempt: 1 } }',
      'broker.yaml:1: services."a b".maxAttempt: there is no such option; a service has maxAttempts, maxQueued, noWorkerTimeout, queueTimeout; did you mean maxAttempts?',
    ],
    [
      'services: { "": {} }',
      'broker.yaml:1: services."": got "", allowed is the name of a service: printable, 1 to 255 bytes of UTF-8',
    ],
    ['services: 7', 'broker.yaml:1: services: got 7, allowed is an object'],
    [
      'heartbeatIntervall: 1',
      'broker.yaml:1: heartbeatIntervall: there is no such option; did you mean heartbeatInterval?',
    ],
    [
      'heartbeat-interval: 1',
      'broker.yaml:1: heartbeat-interval: there is no such option; did you mean heartbeatInterval?',
    ],
    [
      'heartbeatLiveness: 4',
      'broker.yaml:1: heartbeatLiveness: there is no such option; did you mean heartbeatTimeout?',
    ],
    ['bindUrl: tcp://*:1', 'broker.yaml:1: bindUrl: there is no such option; did you mean endpoints?'],
    ['logging: {}', 'broker.yaml:1: logging: there is no such option; did you mean log?'],
    ['log.level: info', 'broker.yaml:1: log.level: there is no such option; write level below log'],
    ['log: { colour: true }', 'broker.yaml:1: log.colour: there is no such option'],
    ['curveKey: 7', 'broker.yaml:1: curveKey: got 7, allowed is the path of a file'],
    ['curve: broker.key_secret', 'broker.yaml:1: curve: there is no such option; did you mean curveKey?'],
    [
      'allow: []',
      'broker.yaml:1: allow: got an array of 0, allowed is the path of a file or folder, or a list of them',
    ],
    [
      'allow: [7]',
      'broker.yaml:1: allow: got an array of 1, allowed is the path of a file or folder, or a list of them',
    ],
    [
      'endpoints: { endpoint: "tcp://*:1", curve: "no" }',
      'broker.yaml:1: endpoints.curve: got "no", allowed is true or false',
    ],
    [
      'endpoints: { endpoint: "tcp://*:1", services: ["*.report"] }',
      'broker.yaml:1: endpoints.services: got "*.report", allowed is the name of a service, with * at the end',
    ],
    ['endpoints: { endpoint: "tcp://*:1", services: [] }', 'broker.yaml:1: endpoints.services: got an array of 0'],
    ['frobnicate: 1', 'broker.yaml:1: frobnicate: there is no such option'],
    ['- 1', 'broker.yaml: allowed is an object whose keys are options, and it is none'],
    ['secret-key = "x"', 'broker.yaml: allowed is an object whose keys are options, and it is none'],
    ['drain: 1\ndrain: 2', 'broker.yaml:2:1: Map keys must be unique'],
    ['drain: [1', 'broker.yaml:1:10: '],
  ])('%j', async (text, message) => {
    await expect(parseConfig(text, 'broker.yaml')).rejects.toThrow(message);
  });

  test('a hostile key cannot write to the terminal', async () => {
    await expect(parseConfig('"\\e[2Jx": 1', 'broker.yaml')).rejects.toThrow(
      'broker.yaml:1: "\\u001b[2Jx": there is no such',
    );
  });
});

test('paths start from the folder of the file, unless they are absolute', async () => {
  const text = 'curveKey: b.key_secret\nallow: [keys, /etc/keys]\nendpoints: ["tcp://*:1,allow=c.keys"]';
  const source = await parseConfig(text, join('etc', 'mdp', 'broker.yaml'));
  expect(source.get('curveKey')?.value).toBe(join('etc', 'mdp', 'b.key_secret'));
  expect(source.get('allow')?.value).toEqual([join('etc', 'mdp', 'keys'), '/etc/keys']);
  expect(source.get('endpoints')?.value).toEqual([{ endpoint: 'tcp://*:1', allow: [join('etc', 'mdp', 'c.keys')] }]);
});

test('a file that cannot be read is named with the reason', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mdp-config-'));
  try {
    const missing = join(folder, 'none.yaml');
    await expect(readConfigFile(missing, '--config')).rejects.toThrow(
      `--config: cannot read ${JSON.stringify(missing)}: there is no such file`,
    );
    await expect(readConfigFile(folder, 'MDP_CONFIG')).rejects.toThrow('MDP_CONFIG: cannot read');
    const there = join(folder, 'broker.yaml');
    await writeFile(there, 'drain: 0');
    expect((await readConfigFile(there, '--config')).get('drain')).toEqual({ name: `${there}:1: drain`, value: 0 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
