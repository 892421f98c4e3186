// SPDX-License-Identifier: Apache-2.0
// recent-lines.test - what went wrong lately is remembered, and the log is as it was

import { describe, expect, test } from '@jest/globals';
import { MOST_LINES, RecentLines } from '../../src/status-page/recent-lines.js';
import { RecordingLog } from '../support/recording-log.js';

describe('recent lines', () => {
  test('are the warnings and errors of a log, which gets all that it got before', () => {
    const log = new RecordingLog('info');
    const recent = new RecentLines(() => 5);
    const heard = recent.listening(log);
    heard.log('info', 'workerReady', 'a worker joined');
    heard.log('warn', 'workerLost', () => 'a worker was lost', { peer: '01' });
    heard.log('debug', 'figures', 'many');
    heard.log('error', 'error', 'it failed');
    expect(log.lines).toEqual(['info a worker joined', 'warn a worker was lost', 'error it failed']);
    expect(log.fields).toContainEqual({ event: 'workerLost', peer: '01' });
    expect(recent.lines).toEqual([
      { id: 1, at: 5, level: 'warn', event: 'workerLost', text: 'a worker was lost' },
      { id: 2, at: 5, level: 'error', event: 'error', text: 'it failed' },
    ]);
  });

  test('are remembered when the log itself leaves them out', () => {
    const log = new RecordingLog('error');
    const recent = new RecentLines();
    const heard = recent.listening(log);
    expect([heard.enabled('warn'), heard.enabled('info')]).toEqual([true, false]);
    heard.log('warn', 'requestFailed', 'a request failed');
    expect(log.lines).toEqual([]);
    expect(recent.lines).toMatchObject([{ text: 'a request failed' }]);
  });

  test('are a hundred at the most, none longer than a few lines, and none can deceive', () => {
    const recent = new RecentLines();
    const heard = recent.listening(new RecordingLog('info'));
    for (let i = 0; i < 3 * MOST_LINES; i++) heard.log('warn', 'requestFailed', `\u202e${'x'.repeat(10_000)}`);
    expect(recent.lines).toHaveLength(MOST_LINES);
    expect(recent.lines.at(-1)).toMatchObject({ id: 3 * MOST_LINES });
    const { text = '' } = recent.lines[0] ?? {};
    expect(text.length).toBeLessThan(520);
    expect(text).toMatch(/^\\u202ex+…$/);
  });
});
