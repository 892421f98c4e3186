// SPDX-License-Identifier: Apache-2.0
// peer-flags.test - the flags of the subcommands that talk to a broker

import { describe, expect, test } from '@jest/globals';
import { readBrokers } from '../src/broker-flags.js';
import { ECHO_CLIENT_FLAGS, ECHO_WORKER_FLAGS, readEchoClient, readEchoWorker } from '../src/peer-flags.js';

const flags = (values: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(values));

test("the letters are those of Majortomo's echo sample", () => {
  const letters = (specs: typeof ECHO_CLIENT_FLAGS): Record<string, string> =>
    Object.fromEntries(specs.flatMap((spec) => (spec.letter === undefined ? [] : [[spec.letter, spec.name]])));
  expect(letters(ECHO_CLIENT_FLAGS)).toMatchObject({
    b: 'broker-url',
    n: 'service',
    m: 'message',
    r: 'repeat',
    d: 'delay',
    t: 'timeout',
  });
  expect(letters(ECHO_WORKER_FLAGS)).toMatchObject({
    b: 'broker-url',
    n: 'service',
    d: 'delay',
    i: 'heartbeat-interval',
    f: 'garbage',
  });
});

test('defaults', () => {
  expect(readEchoClient(flags({}), {})).toEqual({
    brokers: ['tcp://127.0.0.1:5555'],
    service: 'mdp-echo',
    dialect: 'rfc18',
    logLevel: 'info',
    message: 'hello',
    repeat: 1,
    delayMs: 500,
    timeoutMs: 10_000,
  });
  expect(readEchoWorker(flags({}), {})).toMatchObject({ delayMs: 0, heartbeatIntervalMs: 2500, garbage: false });
});

describe('the broker', () => {
  const env = { MDP_BROKER_URL: 'tcp://127.0.0.1:1 tcp://127.0.0.1:2' };

  test('is taken from the environment', () => {
    expect(readBrokers(flags({}), env)).toEqual(['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2']);
  });

  test('is taken from the flag before', () => {
    expect(readBrokers(flags({ 'broker-url': ['ipc://x'] }), env)).toEqual(['ipc://x']);
  });

  test('is named when it is none', () => {
    expect(() => readBrokers(flags({}), { MDP_BROKER_URL: 'localhost' })).toThrow('MDP_BROKER_URL: got "localhost"');
    expect(() => readBrokers(flags({ 'broker-url': ['localhost'] }), {})).toThrow('--broker-url: got "localhost"');
  });
});

test.each([
  [{ repeat: ['0'] }, '--repeat: got "0", allowed is a whole number from 1 to 1000000000'],
  [{ timeout: ['0'] }, '--timeout: got "0", allowed is a duration from 1ms to 24d'],
  [{ dialect: ['mdp03'] }, '--dialect: got "mdp03", allowed is rfc18, majortomo, mdp01'],
  [{ service: [''] }, '--service: got "", allowed is'],
])('%j is refused', (values, message) => {
  expect(() => readEchoClient(flags(values), {})).toThrow(message);
});
