// SPDX-License-Identifier: Apache-2.0
// broker-log.test - what a broker tells, in words that no peer can abuse

import { afterEach, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import { ArgumentError } from '@mdp/protocol';
import { logBroker, summary } from '../src/broker-log.js';
import type { LogLevel } from '../src/log-levels.js';
import { RecordingLog } from './support/recording-log.js';

let end: (() => void) | undefined;
afterEach(() => end?.());

function logged(level: LogLevel, happen: (broker: Broker) => void): string[] {
  const broker = new Broker();
  const log = new RecordingLog(level);
  end = logBroker(broker, log);
  happen(broker);
  return log.lines;
}

const worker = { peer: '006b8b4567', service: 'resize', dialect: 'rfc18' as const };

test('workers come, go and get lost', () => {
  const lines = logged('verbose', (broker) => {
    broker.emit('workerReady', worker);
    broker.emit('workerLost', { ...worker, reason: 'disconnect' });
    broker.emit('workerLost', { ...worker, reason: 'expired' });
    broker.emit('workerLost', { ...worker, reason: 'stopped' });
  });
  expect(lines).toEqual([
    'info a worker joined for "resize" (rfc18, 006b8b4567)',
    'info a worker for "resize" left: it said goodbye (rfc18, 006b8b4567)',
    'warn a worker for "resize" was lost: nothing came from it for too long (rfc18, 006b8b4567)',
    'verbose a worker for "resize" left: the broker stops (rfc18, 006b8b4567)',
  ]);
});

test('requests fail and recover', () => {
  const lines = logged('info', (broker) => {
    broker.emit('requestRecovered', { service: 'resize', attempts: 1 });
    broker.emit('requestFailed', {
      service: 'resize',
      status: 502,
      message: 'lost\u001b[2J',
      dialect: 'majortomo',
      answered: false,
    });
  });
  expect(lines).toEqual([
    'info a request for "resize" goes to another worker, after 1 attempt',
    'warn a request for "resize" failed: 502 lost\\u001b[2J; its majortomo client was not told',
  ]);
});

test('a service name that reorders the line is escaped', () => {
  const [line] = logged('info', (broker) => broker.emit('workerReady', { ...worker, service: 'a"\u202e\n' }));
  expect(line).toBe('info a worker joined for "a\\"\\u202e\\u000a" (rfc18, 006b8b4567)');
});

const KEY = 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID';

test('who is refused, and why', () => {
  const lines = logged('verbose', (broker) => {
    broker.emit('connectionRefused', { key: KEY, address: '10.0.0.7', name: '', reason: 'unknownKey' });
    broker.emit('connectionRefused', { key: KEY, address: '', name: 'bob\n', reason: 'expiredKey' });
    broker.emit('connectionRefused', { key: '', address: '', name: '', reason: 'malformed' });
    broker.emit('workerRefused', { ...worker, reason: 'forbidden' });
    broker.emit('workerRefused', { ...worker, reason: 'role' });
    broker.emit('workerRefused', { ...worker, reason: 'draining' });
  });
  expect(lines).toEqual([
    `warn a peer at 10.0.0.7 was refused: its key is not allowed there; the public key is ${KEY}`,
    `warn a peer was refused: its key has expired; the public key of "bob\\u000a" is ${KEY}`,
    'warn a peer was refused: what it says of itself was not understood',
    'warn a worker for "resize" was refused: the service is not one of its endpoint (rfc18, 006b8b4567)',
    'warn a worker for "resize" was refused: its endpoint is for clients only (rfc18, 006b8b4567)',
    'info a worker for "resize" was refused: the broker stops (rfc18, 006b8b4567)',
  ]);
});

test('a flood of refusals makes one line', () => {
  const lines = logged('info', (broker) => {
    for (let i = 0; i < 500; i++) {
      broker.emit('connectionRefused', { key: KEY, address: '10.0.0.7', name: '', reason: 'unknownKey' });
    }
  });
  expect(lines).toHaveLength(1);
});

test('lists that are read again, each of them, and a fault in one', () => {
  const lines = logged('info', (broker) => {
    broker.emit('keysReloaded', 2);
    broker.emit('keysReloaded', 1);
    broker.emit('keysRevoked', { keys: [KEY], endpoints: ['tcp://127.0.0.1:1', 'ipc://x'] });
    broker.emit('error', new ArgumentError('allow', 'peers', 'a list of keys, and line 2 does not begin with a key'));
    broker.emit('error', new Error('another thing'));
  });
  expect(lines).toEqual([
    'info a list of allowed keys was read again: 2 keys',
    'info a list of allowed keys was read again: 1 key',
    'warn 1 key of connected peers is not allowed any more: all connections of tcp://127.0.0.1:1 ipc://x are made anew',
    'error a list of allowed keys could not be read again, and what it said before goes on to hold: allow: got "peers", allowed is a list of keys, and line 2 does not begin with a key',
    'error another thing',
  ]);
});

test('the last line counts who was refused', () => {
  const { uptimeMs, requests, counters } = new Broker().stats();
  const keysRefused = { ...counters.keysRefused, unknownKey: 2, expiredKey: 1 };
  expect(summary({ uptimeMs, requests, counters: { ...counters, keysRefused } })).toBe(
    'stopped after 0.0 ms: 0 requests, 0 answered, 3 peers refused',
  );
});

test('a flood of nonsense makes one line', () => {
  const lines = logged('info', (broker) => {
    for (let i = 1; i <= 500; i++) broker.emit('invalidMessage', { peer: '00', reason: 'no-header', strikes: i });
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^warn an invalid message was dropped: .* strike 1\)$/);
});
