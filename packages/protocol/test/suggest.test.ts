// SPDX-License-Identifier: Apache-2.0
// suggest.test - what a misspelt word was most likely meant to be

import { expect, test } from '@jest/globals';
import { didYouMean, suggest } from '../src/suggest.js';

const KNOWN = ['heartbeat-interval', 'heartbeat-timeout', 'max-queued', 'drain'];

test.each([
  ['heartbeat-intervall', 'heartbeat-interval'],
  ['heartbeatInterval', 'heartbeat-interval'],
  ['HEARTBEAT_TIMEOUT', 'heartbeat-timeout'],
  ['max-queud', 'max-queued'],
  ['drian', undefined],
  ['drai', 'drain'],
  ['frobnicate', undefined],
  ['', undefined],
])('%p suggests %p', (word, known) => {
  expect(suggest(word, KNOWN)).toBe(known);
});

test('a question is asked only when there is a suggestion', () => {
  expect(didYouMean('drai', KNOWN, (name) => `--${name}`)).toBe('; did you mean --drain?');
  expect(didYouMean('frobnicate', KNOWN)).toBe('');
});

test('only the beginning of a word of a megabyte is looked at', () => {
  expect(suggest('x'.repeat(1_000_000), KNOWN)).toBeUndefined();
  expect(suggest('drain'.padEnd(1_000_000, '-'), KNOWN)).toBe('drain');
});
