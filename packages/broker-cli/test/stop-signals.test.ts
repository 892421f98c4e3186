// SPDX-License-Identifier: Apache-2.0
// stop-signals.test - the first signal, the second, the echo of the first, and the first process of a container

import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { FakeClock } from '@mdp/testkit';
import type { StopSignal } from '../src/stop-signals.js';
import { ECHO_MS, SignalCount, endFirstProcess, forcedExitCode } from '../src/stop-signals.js';

function meanings(...signals: (StopSignal | number)[]): string[] {
  const clock = new FakeClock();
  const count = new SignalCount(clock.now);
  return signals.flatMap((signal) => {
    if (typeof signal === 'string') return [count.receive(signal)];
    clock.advance(signal);
    return [];
  });
}

test.each<[string, (StopSignal | number)[], string[]]>([
  ['a second SIGTERM forces, however soon', ['SIGTERM', 'SIGTERM'], ['stop', 'force']],
  ['a second SIGINT forces', ['SIGINT', ECHO_MS, 'SIGINT'], ['stop', 'force']],
  ["npm's copy of a SIGINT is no second one", ['SIGINT', ECHO_MS - 1, 'SIGINT'], ['stop', 'echo']],
  ['SIGINT after SIGTERM forces', ['SIGTERM', 'SIGINT'], ['stop', 'force']],
  ['SIGTERM after SIGINT forces', ['SIGINT', 'SIGTERM'], ['stop', 'force']],
])('%s', (_, signals, expected) => {
  expect(meanings(...signals)).toEqual(expected);
});

test('only a signal that forces counts as forced', () => {
  const clock = new FakeClock();
  const count = new SignalCount(clock.now);
  const forced = (['SIGINT', 'SIGINT', 'SIGTERM'] as const).map((signal) => [count.receive(signal), count.forced]);
  expect(forced).toEqual([
    ['stop', false],
    ['echo', false],
    ['force', true],
  ]);
});

test('exit codes are those that shells give', () => {
  expect([forcedExitCode('SIGINT'), forcedExitCode('SIGTERM')]).toEqual([130, 143]);
});

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  constructor(readonly pid: number) {
    super();
  }
  exit(code: number): void {
    this.exits.push(code);
  }
}

test('the first process of a container is ended by signals that nobody else listens to', () => {
  const first = new FakeProcess(1);
  endFirstProcess(first);
  first.emit('SIGTERM', 'SIGTERM');
  first.emit('SIGINT', 'SIGINT');
  expect(first.exits).toEqual([143, 130]);
});

test('a command that listens stops the first process by itself, the first time', () => {
  const first = new FakeProcess(1);
  endFirstProcess(first);
  const heard: StopSignal[] = [];
  first.once('SIGTERM', (signal: StopSignal) => heard.push(signal));
  first.emit('SIGTERM', 'SIGTERM');
  expect([heard, first.exits]).toEqual([['SIGTERM'], []]);
  first.emit('SIGTERM', 'SIGTERM');
  expect([heard, first.exits]).toEqual([['SIGTERM'], [143]]);
});

test('signals of any other process are left to the system', () => {
  const other = new FakeProcess(2);
  endFirstProcess(other);
  expect(other.eventNames()).toEqual([]);
});
