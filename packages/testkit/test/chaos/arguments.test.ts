// SPDX-License-Identifier: Apache-2.0
// arguments.test - what the command line of `npm run chaos` takes, and what it refuses

import { describe, expect, test } from '@jest/globals';
import { parseArguments } from '../../src/chaos/arguments.js';
import { MAJORTOMO_SCENARIOS, SCENARIOS } from '../../src/chaos/scenarios.js';

describe('the command line', () => {
  test('without anything runs all with this project, each fault once, from any seed', () => {
    expect(parseArguments([])).toEqual({
      scenarios: SCENARIOS,
      wires: undefined,
      seed: undefined,
      minutes: 0,
      write: false,
      help: false,
    });
  });

  test('chooses scenarios, wires, the seed and the time', () => {
    const given = parseArguments([
      '--only',
      'workers',
      '--only',
      'broker',
      '--wires',
      'mx',
      '--seed',
      '7',
      '--minutes',
      '2.5',
    ]);
    expect(given.scenarios.map(({ name }) => name)).toEqual(['workers', 'broker']);
    expect(given).toMatchObject({ wires: 'mx', seed: 7, minutes: 2.5 });
  });

  test('has a word for all with Majortomo, which may be written as a whole', () => {
    expect(parseArguments(['--only', 'majortomo', '--write'])).toMatchObject({
      scenarios: MAJORTOMO_SCENARIOS,
      write: true,
    });
    expect(parseArguments(['--write']).scenarios).toEqual(SCENARIOS);
  });

  test.each([
    [['--only', 'nothing'], '--only nothing: must be one of workers,'],
    [['--wires', 'barbed'], '--wires barbed: must be strict, mx'],
    [['--seed', 'x'], '--seed x: must be a whole number'],
    [['--minutes', '-1'], '--minutes'],
    [['--minutes', 'long'], '--minutes long: must be a number'],
    [['--only', 'workers', '--write'], '--write writes whole tables'],
    [['--wires', 'mx', '--write'], '--write writes whole tables'],
    [['--else'], '--else'],
  ])('refuses %j', (given, words) => {
    expect(() => parseArguments(given)).toThrow(words);
  });
});

test('scenarios have names of their own', () => {
  const names = [...SCENARIOS, ...MAJORTOMO_SCENARIOS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
