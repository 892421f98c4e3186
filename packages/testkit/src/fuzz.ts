// SPDX-License-Identifier: Apache-2.0
// fuzz - how every property of the tests is run: for how long, from which seed, and how a failure is played again

import { expect } from '@jest/globals';
import fc from 'fast-check';

/** What a property may cost in one run of `npm test`. */
export interface Budget {
  /** How many inputs are tried. Default 100. */
  readonly runs?: number;
  /** After so many milliseconds no further one is. Default: never. */
  readonly timeMs?: number;
}

/** How long a smaller input is looked for, beyond the budget, when one has failed; in milliseconds. */
const SHRINK_MS = 15_000;

/** How long one property may take of a time that is shared by all, in milliseconds. */
const SLICE_MS = 30_000;

/** What the environment asks for. */
interface Settings {
  /** `MDP_FUZZ_SEED`: the inputs follow from it; a new one each time when it is not there. */
  readonly seed: number | undefined;
  /** `MDP_FUZZ_PATH`: try this one input of the seed and no other. */
  readonly path: string | undefined;
  /** `MDP_FUZZ_TIMES`: so many times as many inputs as usual, without the usual limit of time. */
  readonly times: number | undefined;
  /** `MDP_FUZZ_UNTIL`: in milliseconds since 1970, when everybody is to come to an end. */
  readonly until: number | undefined;
}

function wholeNumber(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw new Error(`${name} is ${text}, which is no whole number`);
  return Number(text);
}

function settings(): Settings {
  return {
    seed: wholeNumber('MDP_FUZZ_SEED'),
    path: process.env['MDP_FUZZ_PATH'] === '' ? undefined : process.env['MDP_FUZZ_PATH'],
    times: wholeNumber('MDP_FUZZ_TIMES'),
    until: wholeNumber('MDP_FUZZ_UNTIL'),
  };
}

/** How long it may take, in milliseconds; `undefined` for as long as it wants. */
function limitMs(budget: Budget, { times, until, path }: Settings): number | undefined {
  if (path !== undefined) return undefined;
  if (until !== undefined) return Math.min(SLICE_MS, until - Date.now());
  return times === undefined ? budget.timeMs : undefined;
}

/** A word for a POSIX shell, and for the regular expression that `-t` takes. */
function asPattern(testName: string): string {
  return `'^${testName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", '.')}$'`;
}

/** The command that tries one input of one test again. */
export function replayCommand(seed: number, path: string | null, testPath: string, testName: string): string {
  const where = path === null ? '' : ` MDP_FUZZ_PATH=${path}`;
  const file = testPath.replaceAll('\\', '/').replace(/^.*?(?=packages\/)/, '');
  return `MDP_FUZZ_SEED=${String(seed)}${where} npm test -- ${file} -t ${asPattern(testName)}`;
}

/**
 * Try a property on many inputs, within a test. One test has one property: then its failure can be played again.
 *
 * @param property - what `fc.property` makes
 * @throws Error with the smallest input that was found to fail, its seed, and the command that tries it again
 */
export function check<Input>(property: fc.IProperty<Input>, budget: Budget = {}): void {
  const asked = settings();
  const timeMs = limitMs(budget, asked);
  // The time that was given to all properties is over.
  if (timeMs !== undefined && timeMs <= 0) return;
  const details = fc.check(property, {
    numRuns: (budget.runs ?? 100) * (asked.times ?? 1),
    ...(asked.seed === undefined ? {} : { seed: asked.seed }),
    ...(asked.path === undefined ? {} : { path: asked.path }),
    ...(timeMs === undefined ? {} : { interruptAfterTimeLimit: timeMs }),
  });
  if (!details.failed) return;
  // Not even one input was tried before that time was over: nothing is known, and nothing failed.
  if (asked.until !== undefined && details.interrupted && details.numRuns === 0) return;
  report(asked.path === undefined ? shrunk(property, details) : details);
}

/** A failure with an input that is as small as can be found in some time, however little of its budget was left. */
function shrunk<Input>(property: fc.IProperty<Input>, found: fc.RunDetails<Input>): fc.RunDetails<Input> {
  const { seed, counterexamplePath } = found;
  if (counterexamplePath === null) return found;
  const again = fc.check(property, { seed, path: counterexamplePath, interruptAfterTimeLimit: SHRINK_MS });
  return again.failed ? again : found;
}

/** @throws Error that says what failed, and how to see it again */
function report<Input>(details: fc.RunDetails<Input>): never {
  const { currentTestName = '', testPath = '' } = expect.getState();
  const again = replayCommand(details.seed, details.counterexamplePath, testPath, currentTestName);
  const words = fc.defaultReportMessage(details) ?? 'Property failed';
  throw new Error(`${words}\n\nPlay it again:\n  ${again}`, { cause: details.errorInstance });
}
