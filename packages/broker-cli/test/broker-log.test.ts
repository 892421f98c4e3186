// SPDX-License-Identifier: Apache-2.0
// broker-log.test - what a broker tells, in words that no peer can abuse

import { afterEach, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import { logBroker } from '../src/broker-log.js';
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

test('a flood of nonsense makes one line', () => {
  const lines = logged('info', (broker) => {
    for (let i = 1; i <= 500; i++) broker.emit('invalidMessage', { peer: '00', reason: 'no-header', strikes: i });
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^warn an invalid message was dropped: .* strike 1\)$/);
});
