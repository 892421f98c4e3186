// SPDX-License-Identifier: Apache-2.0
// thread-endpoints.test - what each thread binds, and what cannot be had once in each

import { describe, expect, test } from '@jest/globals';
import { threadEndpoints } from '../src/thread-endpoints.js';

const names = { endpoints: '--bind-url', threads: '--threads' };

function expanded(threads: number, ...endpoints: string[]): string[][] {
  const given = endpoints.map((endpoint) => ({ endpoint }));
  return threadEndpoints(given, threads, names).map((list) => list.map(({ endpoint }) => endpoint));
}

test.each<[string, number, string[], string[][]]>([
  ['each thread has the next port', 2, ['tcp://*:5555'], [['tcp://*:5555'], ['tcp://*:5556']]],
  ['the next path', 2, ['ipc:///tmp/mdp'], [['ipc:///tmp/mdp'], ['ipc:///tmp/mdp-2']]],
  ['a free port of its own', 2, ['tcp://lo:*'], [['tcp://lo:*'], ['tcp://lo:*']]],
  ['which port 0 is too', 2, ['tcp://lo:0'], [['tcp://lo:0'], ['tcp://lo:0']]],
  ['a free path of its own', 2, ['ipc://*'], [['ipc://*'], ['ipc://*']]],
  [
    'several endpoints stay in their order',
    3,
    ['ipc://a', 'tcp://[::1]:65533'],
    [
      ['ipc://a', 'tcp://[::1]:65533'],
      ['ipc://a-2', 'tcp://[::1]:65534'],
      ['ipc://a-3', 'tcp://[::1]:65535'],
    ],
  ],
])('%s', (_, threads, endpoints, expected) => {
  expect(expanded(threads, ...endpoints)).toEqual(expected);
});

test('roles stay', () => {
  expect(threadEndpoints([{ endpoint: 'tcp://lo:1', role: 'worker' }], 2, names)).toEqual([
    [{ endpoint: 'tcp://lo:1', role: 'worker' }],
    [{ endpoint: 'tcp://lo:2', role: 'worker' }],
  ]);
});

describe('what cannot be had once in each thread', () => {
  test.each<[string[], string]>([
    [
      ['inproc://x'],
      'got "inproc://x", allowed is tcp://host:port or ipc://path with --threads 4: what is in the thread of one broker reaches no other',
    ],
    [
      ['tcp://*:65533'],
      'got "tcp://*:65533", allowed is a port up to 65532 with --threads 4, because each thread takes the next one',
    ],
    [
      ['tcp://10.0.0.1:5555', 'tcp://10.0.0.1:5558'],
      'got "tcp://10.0.0.1:5558", allowed is a port that leaves room for --threads 4: tcp://10.0.0.1:5555 takes all up to tcp://10.0.0.1:5558',
    ],
    [
      ['ipc://a', 'ipc://a-4'],
      'got "ipc://a-4", allowed is a path that leaves room for --threads 4: ipc://a takes all up to ipc://a-4',
    ],
  ])('%j', (endpoints, message) => {
    expect(() => expanded(4, ...endpoints)).toThrow(`--bind-url: ${message}`);
  });

  test.each([
    ['the lower one comes second', 'tcp://lo:5556', 'tcp://lo:5555'],
    ['the same', 'ipc://a', 'ipc://a'],
    ['every interface and one of them', 'tcp://*:5555', 'tcp://127.0.0.1:5556'],
    ['one of them and every interface', 'tcp://127.0.0.1:5555', 'tcp://0.0.0.0:5556'],
    ['every interface of IPv6 has those of IPv4', 'tcp://[::]:5555', 'tcp://127.0.0.1:5556'],
  ])('ports and paths that meet: %s', (_, one, other) => {
    expect(() => expanded(2, one, other)).toThrow('leaves room for --threads 2');
  });

  test.each([
    ['next to one another', 'tcp://lo:5555', 'tcp://lo:5557'],
    ['two hosts', 'tcp://127.0.0.1:5555', 'tcp://127.0.0.2:5555'],
    ['IPv4 and one address of IPv6', 'tcp://0.0.0.0:5555', 'tcp://[::1]:5555'],
    ['free ports', 'tcp://lo:*', 'tcp://lo:*'],
    ['another path', 'ipc://a', 'ipc://a-3'],
  ])('what does not meet: %s', (_, one, other) => {
    expect(expanded(2, one, other)).toHaveLength(2);
  });
});
