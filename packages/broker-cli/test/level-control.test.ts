// SPDX-License-Identifier: Apache-2.0
// level-control.test - how much is logged changes, and the log says so

import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { LevelControl } from '../src/level-control.js';
import type { LogLevel } from '../src/log-levels.js';
import type { Log } from '../src/logger.js';
import { openLog } from '../src/logger.js';

/** A log that is controlled, and what it wrote. */
function setup(level: LogLevel): { levels: LevelControl; log: Log; lines: () => string[] } {
  const levels = new LevelControl(level);
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = openLog({ level: levels.threshold, format: 'text', stream });
  const lines = (): string[] =>
    text.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^\S+ (\w+) +/, '$1 ')]));
  return { levels, log, lines };
}

test('what is below the level comes, and goes again', async () => {
  const { levels, log, lines } = setup('info');
  log.log('debug', 'x', 'before');
  levels.change('debug', 'a test', log);
  log.log('debug', 'x', 'meanwhile');
  levels.change('warn', 'a test', log);
  log.log('info', 'x', 'afterwards');
  expect(log.enabled('info')).toBe(false);
  await log.close();
  expect(lines()).toEqual([
    'info a test: the log level is debug from now on',
    'debug meanwhile',
    'info a test: the log level is warn from now on',
  ]);
});

test('it is said when the log comes to tell such things', async () => {
  const { levels, log, lines } = setup('error');
  levels.change('warn', 'a test', log);
  levels.change('info', 'a test', log);
  await log.close();
  expect(lines()).toEqual(['info a test: the log level is info from now on']);
});

test.each<[LogLevel, LogLevel, LogLevel]>([
  ['info', 'debug', 'info'],
  ['warn', 'debug', 'warn'],
  ['debug', 'info', 'debug'],
])('of %s the other is %s, and of that %s', (configured, first, second) => {
  const { levels, log } = setup(configured);
  expect(levels.other).toBe(first);
  levels.change(first, 'a test', log);
  expect(levels.other).toBe(second);
});
