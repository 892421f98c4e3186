// SPDX-License-Identifier: Apache-2.0
// burst-log.test - many events, few lines

import { expect, test } from '@jest/globals';
import { FakeClock } from '@mdp/testkit';
import { BurstLog } from '../src/burst-log.js';
import type { LogLevel } from '../src/log-levels.js';
import { RecordingLog } from './support/recording-log.js';

function setUp(level: LogLevel): { log: RecordingLog; clock: FakeClock; bursts: BurstLog; join: (n: number) => void } {
  const log = new RecordingLog(level);
  const clock = new FakeClock();
  const bursts = new BurstLog(log, clock.now, 1000);
  const join = (n: number): void => {
    bursts.note(
      'info',
      'workerReady',
      () => `worker ${String(n)}`,
      (n) => `${String(n)} more joined`,
    );
  };
  return { log, clock, bursts, join };
}

test('the first of many is logged at once, the others are counted', () => {
  const { log, bursts, join } = setUp('info');
  for (let i = 0; i < 1000; i++) join(i);
  expect(log.lines).toEqual(['info worker 0']);
  bursts.close();
  expect(log.lines).toEqual(['info worker 0', 'info … and 999 more joined']);
});

test('a new second begins with a line of its own, after what was held back', () => {
  const { log, clock, bursts, join } = setUp('info');
  join(0);
  join(1);
  clock.advance(1000);
  join(2);
  bursts.close();
  expect(log.lines).toEqual(['info worker 0', 'info … and 1 more joined', 'info worker 2']);
});

test('kinds do not hold each other back', () => {
  const { log, bursts, join } = setUp('info');
  join(0);
  bursts.note('warn', 'invalidMessage', () => 'nonsense', String);
  bursts.close();
  expect(log.lines).toEqual(['info worker 0', 'warn nonsense']);
});

test('verbose has a line for each', () => {
  const { log, bursts, join } = setUp('verbose');
  join(0);
  join(1);
  bursts.close();
  expect(log.lines).toEqual(['info worker 0', 'info worker 1']);
});

test('a message is not even made when its level is off, or when it is held back', () => {
  const { log, bursts } = setUp('warn');
  let made = 0;
  const message = (): string => String(++made);
  bursts.note('info', 'quiet', message, String);
  expect(made).toBe(0);
  bursts.note('warn', 'loud', message, String);
  bursts.note('warn', 'loud', message, String);
  expect(made).toBe(1);
  bursts.close();
  expect(log.lines).toEqual(['warn 1', 'warn … and 1']);
});
