// SPDX-License-Identifier: Apache-2.0
// rounds.test - the order of measurements, and what a failure leaves

import { describe, expect, test } from '@jest/globals';
import type { Trial } from '../src/rounds.js';
import { measureInRounds } from '../src/rounds.js';
import { describeGenerator, medianOf, ofRounds } from '../src/suite.js';

function recorder(): { order: string[]; trial: (name: string, values?: (number | Error)[]) => Trial<number> } {
  const order: string[] = [];
  return {
    order,
    trial: (name, values = []) => ({
      name,
      measure: () => {
        order.push(name);
        const value = values.shift() ?? 0;
        return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
      },
    }),
  };
}

describe('measureInRounds', () => {
  test('measures group after group, and turns the order within a group from round to round', async () => {
    const { order, trial } = recorder();
    await measureInRounds([[trial('a'), trial('b'), trial('c')], [trial('x')]], 3, () => undefined);
    expect(order.join('')).toBe('abcx' + 'bcax' + 'cabx');
  });

  test('keeps the findings of each trial in the order of the rounds', async () => {
    const { trial } = recorder();
    const [a, b] = [trial('a', [1, 2, 3]), trial('b', [10, 20, 30])];
    const findings = await measureInRounds([[a, b]], 3, () => undefined);
    expect(ofRounds(findings, a, (value) => value)).toEqual([1, 2, 3]);
    expect(ofRounds(findings, b, (value) => value)).toEqual([10, 20, 30]);
  });

  test('a failure leaves a gap in its round, is told, and stops nothing', async () => {
    const { trial } = recorder();
    const a = trial('a', [1, new Error('it broke'), 3]);
    const told: string[] = [];
    const findings = await measureInRounds([[a]], 3, (text) => told.push(text));
    expect(ofRounds(findings, a, (value) => value)).toEqual([1, undefined, 3]);
    expect(medianOf(findings, a, (value) => value)).toBe(2);
    expect(told).toContain('FAILED a: it broke');
  });

  test('the median of a trial that always failed is NaN', async () => {
    const { trial } = recorder();
    const a = trial('a', [new Error('no')]);
    expect(medianOf(await measureInRounds([[a]], 1, () => undefined), a, (value) => value)).toBeNaN();
  });
});

test('how near the load came to its limit is told', () => {
  const reports = [0.2, 0.98, 0.3].map((generatorShare) => ({ generatorShare }));
  expect(describeGenerator(reports)).toBe('The load generator took 30 % of a core, 98 % at most.');
  expect(describeGenerator([])).toBe('');
});
