// SPDX-License-Identifier: Apache-2.0
// arguments.test - what the harness can be told

import { describe, expect, test } from '@jest/globals';
import { SUITES, USAGE, parseArguments } from '../src/arguments.js';

describe('parseArguments', () => {
  test('runs everything but overload and soak in five rounds of two seconds unless told otherwise', () => {
    expect(parseArguments([])).toEqual({
      suites: SUITES.filter((name) => name !== 'soak' && name !== 'overload'),
      rounds: 5,
      seconds: 2,
      soakSeconds: 600,
      overloadSeconds: 60,
      patience: 20,
      quick: false,
      write: false,
      help: false,
    });
  });

  test('--quick takes fewer and shorter rounds', () => {
    expect(parseArguments(['--quick'])).toMatchObject({ quick: true, rounds: 2, seconds: 1, patience: 0 });
  });

  test('--rounds and --seconds win over --quick', () => {
    expect(parseArguments(['--quick', '--rounds', '7', '--seconds', '0.5'])).toMatchObject({ rounds: 7, seconds: 0.5 });
  });

  test('--only may be repeated; the groups keep their order', () => {
    expect(parseArguments(['--only', 'codec', '--only=broker']).suites).toEqual(['broker', 'codec']);
  });

  test('--seconds is the length of a soak that runs alone, and of everything else otherwise', () => {
    expect(parseArguments(['--only', 'soak', '--seconds', '3600'])).toMatchObject({ soakSeconds: 3600, seconds: 2 });
    expect(parseArguments(['--only', 'soak', '--only', 'codec', '--seconds', '3'])).toMatchObject({
      soakSeconds: 600,
      seconds: 3,
    });
  });

  test('--seconds is the length of an overload that runs alone', () => {
    const given = ['--only', 'overload', '--seconds', '120'];
    expect(parseArguments(given)).toMatchObject({ overloadSeconds: 120, seconds: 2, soakSeconds: 600 });
  });

  test.each([
    [['--only', 'overload', '--seconds', '0'], '--seconds 0: must be a number from 1 to 3600'],
    [['--only', 'soak', '--seconds', '2'], '--seconds 2: must be a number from 5 to 86400'],
    [['--only', 'codec', '--seconds', '61'], '--seconds 61: must be a number from 0.1 to 60'],
    [
      ['--only', 'speed'],
      '--only speed: must be broker, scale, curves, e2e, alternatives, encryption, footprint, codec, overload, soak',
    ],
    [['--rounds', '0'], '--rounds 0: must be a number from 1 to 100'],
    [['--rounds', '2.5'], '--rounds 2.5: must be a whole number'],
    [['--rounds', 'many'], '--rounds many: must be a number from 1 to 100'],
    [['--seconds', ' '], '--seconds  : must be a number from 0.1 to 60'],
    [['--patience', '-1'], '--patience'],
    [['--patience=601'], '--patience 601: must be a number from 0 to 600'],
    [['--quick', '--write'], '--quick measures too little to be written'],
    [['--fast'], '--fast'],
    [['broker'], 'broker'],
  ])('refuses %j and says why', (given, message) => {
    expect(() => parseArguments(given)).toThrow(message);
  });

  test('the usage names every option and group', () => {
    for (const word of ['--only', '--rounds', '--seconds', '--patience', '--quick', '--write', '--help', ...SUITES]) {
      expect(USAGE).toContain(word);
    }
  });
});
