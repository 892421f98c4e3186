// SPDX-License-Identifier: Apache-2.0
// stop-signals.test - the first signal, the second, and the echo of the first

import { expect, test } from '@jest/globals';
import { FakeClock } from '@mdp/testkit';
import type { StopSignal } from '../src/stop-signals.js';
import { ECHO_MS, SignalCount, forcedExitCode } from '../src/stop-signals.js';

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
