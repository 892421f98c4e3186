// SPDX-License-Identifier: Apache-2.0
// arguments.test - what the command line of `npm run chaos` takes, and what it refuses

import { describe, expect, test } from '@jest/globals';
import { parseArguments } from '../../src/chaos/arguments.js';
import { ALL_SCENARIOS, GROUPS, USUAL_SCENARIOS } from '../../src/chaos/groups.js';

describe('the command line', () => {
  test('without anything runs all with this project, each fault once, from any seed', () => {
    expect(parseArguments([])).toEqual({
      scenarios: USUAL_SCENARIOS,
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

  test.each(GROUPS)('has the word $name for a group, which may be written as a whole', ({ name, scenarios }) => {
    expect(parseArguments(['--only', name, '--write'])).toMatchObject({ scenarios, write: true });
  });

  test('writes all that is run when nobody names any', () => {
    expect(parseArguments(['--write']).scenarios).toEqual(USUAL_SCENARIOS);
  });

  test.each([
    [['--only', 'nothing'], '--only nothing: must be one of workers,'],
    [['--wires', 'barbed'], '--wires barbed: must be strict, mx, auto'],
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

test('scenarios and groups have names of their own', () => {
  const names = [...ALL_SCENARIOS, ...GROUPS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
