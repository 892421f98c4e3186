// SPDX-License-Identifier: Apache-2.0
// progress-bar.test - a line that grows on a terminal, fits it, and goes

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ProgressBar, progressLine } from '../src/progress-bar.js';

let written: string;
const write = (text: string | Uint8Array): boolean => {
  written += String(text);
  return true;
};

beforeEach(() => {
  written = '';
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('it follows what is done, and goes', () => {
  let share = 0;
  const progress = new ProgressBar({ isTTY: true, columns: 80, write }, () => ({ share, words: ['10 a second'] }));
  share = 0.5;
  jest.advanceTimersByTime(100);
  expect(written).toBe(`\r\u001b[K${'█'.repeat(12)}${'░'.repeat(12)}  50 %  10 a second`);
  written = '';
  progress.close();
  expect(written).toBe('\r\u001b[K');
  jest.advanceTimersByTime(10_000);
  expect(written).toBe('\r\u001b[K');
});

test('there is none where there is no terminal', () => {
  const progress = new ProgressBar({ isTTY: false, write }, () => ({ share: 1, words: [] }));
  jest.advanceTimersByTime(10_000);
  progress.close();
  expect(written).toBe('');
});

test('what does not fit is left out', () => {
  const progress = { share: 0.999, words: ['first', 'second'] };
  expect(progressLine(progress, 80)).toMatch(/ {2}99 % {2}first {2}second$/);
  expect(progressLine(progress, 40)).toMatch(/ {2}99 % {2}first$/);
  expect(progressLine(progress, 20)).toBe('99 %');
  expect(progressLine(progress, 3)).toBe('99 ');
  expect(progressLine(progress, -1)).toBe('');
});
