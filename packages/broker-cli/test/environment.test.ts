// SPDX-License-Identifier: Apache-2.0
// environment.test - the MDP_ variables

import { expect, test } from '@jest/globals';
import { readEnvironment, unknownVariables } from '../src/environment.js';

test('every kind of value can be given', () => {
  const source = readEnvironment({
    MDP_HEARTBEAT_INTERVAL: '500ms',
    MDP_MAX_BODY_BYTES: '1MiB',
    MDP_MAX_QUEUED: '10',
    MDP_ZMTP_HEARTBEATS: 'no',
    MDP_LOG_FORMAT: 'json',
    MDP_CURVE_KEY: 'broker.key_secret',
    MDP_ALLOW: 'alice.key  keys/',
    MDP_BIND_URL: 'tcp://*:1,role=client,allow=a.keys,allow=b.keys,service=resize,service=report.* ipc://x,curve=no',
  });
  expect(Object.fromEntries(Array.from(source, ([key, { value }]) => [key, value]))).toEqual({
    heartbeatInterval: 500,
    maxBodyBytes: 1_048_576,
    maxQueued: 10,
    zmtpHeartbeats: false,
    'log.format': 'json',
    curveKey: 'broker.key_secret',
    allow: ['alice.key', 'keys/'],
    endpoints: [
      { endpoint: 'tcp://*:1', role: 'client', allow: ['a.keys', 'b.keys'], services: ['resize', 'report.*'] },
      { endpoint: 'ipc://x', curve: false },
    ],
  });
});

test('a wrong value names the variable and what is allowed', () => {
  expect(() => readEnvironment({ MDP_MAX_QUEUED: 'many' })).toThrow(
    'MDP_MAX_QUEUED: got "many", allowed is a whole number from 0 to 10000000',
  );
  expect(() => readEnvironment({ MDP_BIND_URL: 'tcp://127.0.0.1:1 nonsense' })).toThrow(
    'MDP_BIND_URL: got "nonsense", allowed is tcp://host:port (up to 65535), ipc://path or inproc://name',
  );
});

test('a misspelt variable is warned of; others are none of our business', () => {
  const env = {
    MDP_HEARTBEAT_INTERVALL: '1',
    MDP_ELSE: '1',
    PATH: '/bin',
    MDP_CONFIG: 'x',
    MDP_BROKER_URL: 'x',
    MDP_KEY: 'x',
  };
  expect(unknownVariables(env)).toEqual([
    'the environment variable "MDP_HEARTBEAT_INTERVALL" means nothing here; did you mean MDP_HEARTBEAT_INTERVAL?',
    'the environment variable "MDP_ELSE" means nothing here',
  ]);
});
