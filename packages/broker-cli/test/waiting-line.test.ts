// SPDX-License-Identifier: Apache-2.0
// waiting-line.test - one line on a terminal, and nothing elsewhere

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { WaitingLine } from '../src/waiting-line.js';

let written: string;

function stream(isTTY: boolean): { isTTY: boolean; write: (text: string | Uint8Array) => boolean } {
  return {
    isTTY,
    write: (text) => {
      written += String(text);
      return true;
    },
  };
}

beforeEach(() => {
  written = '';
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('it comes after half a second, tells time and parts, and goes', () => {
  const line = new WaitingLine(stream(true));
  jest.advanceTimersByTime(499);
  expect(written).toBe('');
  jest.advanceTimersByTime(1);
  expect(written).toMatch(/^\r\u001b\[K. waiting, 500 ms$/);
  line.part();
  line.part();
  written = '';
  jest.advanceTimersByTime(100);
  expect(written).toMatch(/^\r\u001b\[K. 2 parts, 600 ms$/);
  written = '';
  line.clear();
  line.clear();
  expect(written).toBe('\r\u001b[K');
  jest.advanceTimersByTime(100);
  written = '';
  line.close();
  expect(written).toBe('\r\u001b[K');
  jest.advanceTimersByTime(10_000);
  expect(written).toBe('\r\u001b[K');
});

test('who is served soon sees nothing of it', () => {
  const line = new WaitingLine(stream(true));
  jest.advanceTimersByTime(400);
  line.close();
  jest.advanceTimersByTime(1_000);
  expect(written).toBe('');
});

test('there is none where there is no terminal', () => {
  const line = new WaitingLine(stream(false));
  jest.advanceTimersByTime(10_000);
  line.close();
  expect(written).toBe('');
});
