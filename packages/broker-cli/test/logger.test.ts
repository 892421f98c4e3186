// SPDX-License-Identifier: Apache-2.0
// logger.test - what a line of the log looks like

import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { LogFormat, LogLevel } from '../src/log-levels.js';
import type { Log } from '../src/logger.js';
import { openLog } from '../src/logger.js';

async function logged(format: LogFormat, level: LogLevel, isTTY: boolean, say: (log: Log) => void): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const log = openLog({ level, format, stream });
  say(log);
  await log.close();
  return (stream.read() as Buffer | null)?.toString() ?? '';
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

test('text is aligned, whatever the level', async () => {
  const text = await logged('text', 'verbose', false, (log) => {
    log.log('warn', 'a', 'first');
    log.log('verbose', 'b', 'second');
  });
  expect(text.replaceAll(new RegExp(TIME, 'gm'), 'T')).toBe('T warn    first\nT verbose second\n');
});

test('further lines of a message stand below its first', async () => {
  const text = await logged('text', 'info', false, (log) => {
    log.log('info', 'a', 'one\ntwo');
  });
  const [first = '', second = ''] = text.split('\n');
  expect(second.indexOf('two')).toBe(first.indexOf('one'));
});

test('a terminal gets the time of day, and colours', async () => {
  const text = await logged('text', 'info', true, (log) => {
    log.log('error', 'a', 'bad');
  });
  expect(text).toMatch(/^\u001b\[2m\d\d:\d\d:\d\d\.\d{3}\u001b\[0m \u001b\[31merror {2}\u001b\[0m bad\n$/);
});

test('the journal gets priorities on every line, and no time', async () => {
  const stream = new PassThrough();
  const log = openLog({ level: 'verbose', format: 'text', stream, journal: true });
  log.log('warn', 'a', 'one\ntwo');
  log.log('verbose', 'b', 'three');
  await log.close();
  expect(String(stream.read())).toBe('<4>warn    one\n<4>        two\n<7>verbose three\n');
});

test('the journal gets JSON with a priority', async () => {
  const stream = new PassThrough();
  const log = openLog({ level: 'info', format: 'json', stream, journal: true });
  log.log('error', 'bindFailed', 'one\ntwo');
  await log.close();
  const text = String(stream.read());
  expect(text.slice(0, 3)).toBe('<3>');
  expect(JSON.parse(text.slice(3))).toMatchObject({ level: 'error', message: 'one\ntwo' });
});

test('JSON is one object a line, with the fields', async () => {
  const text = await logged('json', 'info', true, (log) => {
    log.log('info', 'workerReady', 'a worker\njoined', { service: 'x\u202e', peer: '00' });
  });
  expect(text.endsWith('\n')).toBe(true);
  expect(text.trimEnd()).not.toMatch(/[\n\u202e]/);
  expect(JSON.parse(text)).toEqual({
    time: expect.stringMatching(TIME),
    level: 'info',
    event: 'workerReady',
    message: 'a worker\njoined',
    service: 'x\u202e',
    peer: '00',
  });
});

test('a message whose level is off is not made', async () => {
  const text = await logged('text', 'warn', false, (log) => {
    log.log('info', 'a', () => {
      throw new Error('made');
    });
    expect([log.enabled('info'), log.enabled('warn'), log.enabled('error')]).toEqual([false, true, true]);
  });
  expect(text).toBe('');
});
