// SPDX-License-Identifier: Apache-2.0
// options.test - an option that is not allowed is named, with its value and what is allowed

import { describe, expect, test } from '@jest/globals';
import {
  MAX_DURATION_MS,
  booleanOption,
  choiceOption,
  dialectOption,
  durationOption,
  endpointOption,
  endpointsOption,
  integerOption,
  numberOption,
  refuseUnknownOptions,
} from '@mdp/protocol/internal';

/** Values of JavaScript callers that no option with a number takes. */
const NO_NUMBERS = [Number.NaN, Infinity, '5', null, true, {}, 5n] as unknown as number[];

function refusal(argument: string, allowed: string): unknown {
  return expect.objectContaining({
    code: 'MDP_INVALID_ARGUMENT',
    argument,
    message: expect.stringMatching(new RegExp(`^${argument}: got .*, allowed is ${allowed}`)),
  });
}

describe('numbers', () => {
  test('integerOption takes whole numbers within bounds, and the default for undefined', () => {
    expect(integerOption('n', undefined, 3, 1, 9)).toBe(3);
    for (const value of [1, 5, 9]) expect(integerOption('n', value, 3, 1, 9)).toBe(value);
    for (const value of [0, 10, 1.5, ...NO_NUMBERS]) {
      expect(() => integerOption('n', value, 3, 1, 9)).toThrow(refusal('n', 'a whole number from 1 to 9'));
    }
  });

  test('durationOption takes whole milliseconds up to the longest that a timer takes', () => {
    expect(durationOption('waitMs', undefined, 100)).toBe(100);
    for (const value of [0, 1, MAX_DURATION_MS]) expect(durationOption('waitMs', value, 100)).toBe(value);
    expect(durationOption('waitMs', 10, 100, 10)).toBe(10);
    for (const value of [-1, 0.5, MAX_DURATION_MS + 1, ...NO_NUMBERS]) {
      expect(() => durationOption('waitMs', value, 100)).toThrow(
        refusal('waitMs', 'whole milliseconds from 0 to 2147483647'),
      );
    }
    expect(() => durationOption('waitMs', 9, 100, 10)).toThrow(refusal('waitMs', 'whole milliseconds from 10'));
  });

  test('numberOption takes fractions too', () => {
    expect(numberOption('factor', undefined, 2, 1, 10)).toBe(2);
    for (const value of [1, 1.5, 10]) expect(numberOption('factor', value, 2, 1, 10)).toBe(value);
    for (const value of [0.99, 10.01, ...NO_NUMBERS]) {
      expect(() => numberOption('factor', value, 2, 1, 10)).toThrow(refusal('factor', 'a number from 1 to 10'));
    }
  });
});

describe('words', () => {
  test('booleanOption takes true and false', () => {
    expect(booleanOption('on', undefined, true)).toBe(true);
    expect(booleanOption('on', false, true)).toBe(false);
    for (const value of [0, 1, 'true', null]) {
      expect(() => booleanOption('on', value as unknown as boolean, true)).toThrow(refusal('on', 'true or false'));
    }
  });

  test('choiceOption takes the words there are', () => {
    expect(choiceOption('order', undefined, 'lru', ['lru', 'any'])).toBe('lru');
    expect(choiceOption('order', 'any', 'lru', ['lru', 'any'])).toBe('any');
    expect(() => choiceOption('order', 'LRU' as 'lru', 'lru', ['lru', 'any'])).toThrow(refusal('order', 'lru, any'));
  });

  test('dialectOption takes dialects, and is rfc18 unless told otherwise', () => {
    expect(dialectOption(undefined)).toBe('rfc18');
    for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) expect(dialectOption(dialect)).toBe(dialect);
    expect(() => dialectOption('mdp02' as 'mdp01')).toThrow('dialect: got "mdp02", allowed is rfc18, majortomo, mdp01');
  });
});

describe('endpoints', () => {
  test.each([
    'tcp://127.0.0.1:5555',
    'tcp://*:5555',
    'tcp://127.0.0.1:*',
    'tcp://[::1]:65535',
    'tcp://broker.example.org:0',
    'tcp://eth0;10.0.0.1:5555',
    'ipc:///run/mdp/broker.sock',
    'ipc://@abstract',
    'inproc://broker',
  ])('takes %s', (endpoint) => {
    expect(endpointOption('endpoint', endpoint)).toBe(endpoint);
  });

  test.each([
    '',
    'localhost:5555',
    'tcp://127.0.0.1',
    'tcp://:5555',
    'tcp://127.0.0.1:',
    'tcp://127.0.0.1:65536',
    'tcp://127.0.0.1:http',
    'tcp://127.0.0.1 :5555',
    'http://127.0.0.1:5555',
    'ipc://',
    'inproc://',
    undefined,
    5555,
  ])('refuses %p', (endpoint) => {
    expect(() => endpointOption('endpoint', endpoint as string)).toThrow(
      refusal('endpoint', 'tcp://host:port \\(up to 65535\\), ipc://path or inproc://name'),
    );
  });

  test('one or several, each once, in order', () => {
    expect(endpointsOption('endpoint', 'inproc://a')).toEqual(['inproc://a']);
    expect(endpointsOption('endpoint', ['inproc://b', 'inproc://a', 'inproc://b'])).toEqual([
      'inproc://b',
      'inproc://a',
    ]);
    expect(() => endpointsOption('endpoint', [])).toThrow(refusal('endpoint', 'one endpoint or more'));
    expect(() => endpointsOption('endpoint', undefined as unknown as string)).toThrow(
      refusal('endpoint', 'one endpoint or more'),
    );
    expect(() => endpointsOption('endpoint', ['inproc://a', 'b'])).toThrow(refusal('endpoint', 'tcp://host:port'));
    for (const wildcard of ['tcp://*:5555', 'tcp://127.0.0.1:*']) {
      expect(() => endpointsOption('endpoint', wildcard)).toThrow(refusal('endpoint', 'an endpoint to connect to'));
    }
  });
});

test('refuseUnknownOptions names the option that does not exist, and those that do', () => {
  refuseUnknownOptions({ timeoutMs: 5 }, ['timeoutMs', 'retries']);
  expect(() => {
    refuseUnknownOptions({ timeoutMs: 5, timeout: 5 }, ['timeoutMs', 'retries']);
  }).toThrow('timeout: got 5, allowed is one of the options timeoutMs, retries; did you mean timeoutMs?');
  expect(() => {
    refuseUnknownOptions({ colour: 'red' }, ['timeoutMs', 'retries']);
  }).toThrow(/allowed is one of the options timeoutMs, retries$/);
  expect(() => {
    refuseUnknownOptions({ attempt: 5 }, ['attempts', 'baseMs'], 'retry');
  }).toThrow('retry.attempt: got 5, allowed is one of the options attempts, baseMs; did you mean retry.attempts?');
});
