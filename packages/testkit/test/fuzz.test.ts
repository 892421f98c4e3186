// SPDX-License-Identifier: Apache-2.0
// fuzz.test - a property that fails says how to play it again, and `npm run fuzz` stops there

import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check, replayCommand } from '@mdp/testkit/fuzz';
import type { Round, RoundEnd } from '../src/fuzz-rounds.js';
import { DEFAULT_MINUTES, minutesFrom, playRounds } from '../src/fuzz-rounds.js';

const VARIABLES = ['MDP_FUZZ_SEED', 'MDP_FUZZ_PATH', 'MDP_FUZZ_TIMES', 'MDP_FUZZ_UNTIL'];
const before = VARIABLES.map((name) => [name, process.env[name]] as const);

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

/** Run a property from this seed, and from nothing else that stands in the environment. */
function checkFrom(seed: number, path: string | undefined, holds: (n: number) => boolean, runs = 100): string {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  process.env['MDP_FUZZ_SEED'] = String(seed);
  if (path !== undefined) process.env['MDP_FUZZ_PATH'] = path;
  try {
    check(fc.property(fc.nat(1_000_000), holds), { runs });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a property', () => {
  test('that fails names the seed, and the command tries the very input that failed', () => {
    const message = checkFrom(7, undefined, (n) => n < 1_000);
    expect(message).toContain('Counterexample: [1000]');
    const command = /MDP_FUZZ_SEED=(-?\d+) MDP_FUZZ_PATH=(\S+) npm test -- (\S+) -t '(.*)'/.exec(message);
    expect(command?.slice(1, 4)).toEqual(['7', expect.any(String), 'packages/testkit/test/fuzz.test.ts']);
    expect(new RegExp(command?.[4] ?? '').test(expect.getState().currentTestName ?? '')).toBe(true);
    const tried: number[] = [];
    checkFrom(7, command?.[2], (n) => {
      tried.push(n);
      return n < 1_000;
    });
    expect(tried[0]).toBe(1_000);
  });

  test('tries the same inputs for the same seed, and so many times as many as are asked for', () => {
    const tried = (seed: number, runs: number): number[] => {
      const inputs: number[] = [];
      checkFrom(seed, undefined, (n) => inputs.push(n) > 0, runs);
      return inputs;
    };
    expect(tried(3, 20)).toEqual(tried(3, 20));
    expect(tried(3, 20)).not.toEqual(tried(4, 20));
    expect(tried(3, 20)).toHaveLength(20);
    process.env['MDP_FUZZ_TIMES'] = '3';
    let count = 0;
    check(
      fc.property(fc.nat(), () => ++count > 0),
      { runs: 20, timeMs: 60_000 },
    );
    expect(count).toBe(60);
  });

  test('tries nothing when the time for all of them is over, and fails of nothing', () => {
    checkFrom(3, undefined, () => true);
    process.env['MDP_FUZZ_UNTIL'] = String(Date.now() - 1);
    let count = 0;
    check(fc.property(fc.nat(), () => ++count > 0));
    expect(count).toBe(0);
  });

  test('does not take a number for a seed that is none', () => {
    process.env['MDP_FUZZ_SEED'] = 'seven';
    expect(() => {
      check(fc.property(fc.nat(), () => true));
    }).toThrow('MDP_FUZZ_SEED is seven, which is no whole number');
  });

  test('names a test so that a shell and -t understand it', () => {
    expect(replayCommand(1, null, '/x/packages/a/test/b.test.ts', "what (it) isn't")).toBe(
      String.raw`MDP_FUZZ_SEED=1 npm test -- packages/a/test/b.test.ts -t '^what \(it\) isn.t$'`,
    );
  });
});

describe('rounds', () => {
  /** Rounds of 40 seconds on a clock of their own; the one with this number fails. */
  async function played(minutes: number, fails = 0): Promise<{ code: number; rounds: Round[]; lines: string[] }> {
    let at = 1_000;
    const rounds: Round[] = [];
    const lines: string[] = [];
    const play = (round: Round): Promise<RoundEnd> => {
      at += 40_000;
      return Promise.resolve({ passed: rounds.push(round) !== fails, output: 'what jest said' });
    };
    const code = await playRounds({
      minutes,
      now: () => at,
      seed: () => rounds.length,
      play,
      print: (line) => lines.push(line),
    });
    return { code, rounds, lines };
  }

  test('go on with new seeds until the time is over', async () => {
    const { code, rounds, lines } = await played(2);
    expect(code).toBe(0);
    expect(rounds.map(({ seed }) => seed)).toEqual([0, 1, 2]);
    expect(new Set(rounds.map(({ until }) => until))).toEqual(new Set([121_000]));
    expect(lines[1]).toBe('round 2, seed 1: passed in 40 s, 40 s left');
    expect(lines.at(-1)).toBe('3 rounds in 120 s: nothing failed');
  });

  test('stop at the first failure, with what was said and a code that is not 0', async () => {
    const { code, rounds, lines } = await played(60, 2);
    expect(code).toBe(1);
    expect(rounds).toHaveLength(2);
    expect(lines.slice(1)).toEqual([
      'what jest said',
      'round 2, seed 1: failed; the command that plays it again stands above',
    ]);
  });

  test.each([
    [[], DEFAULT_MINUTES],
    [['--minutes', '60'], 60],
    [['--minutes=0.5'], 0.5],
    [['--minutes', '0'], undefined],
    [['--minutes'], undefined],
    [['60'], undefined],
    [['--minutes', '1', '2'], undefined],
  ])('%j is read', (args, minutes) => {
    expect(minutesFrom(args)).toBe(minutes);
  });
});
