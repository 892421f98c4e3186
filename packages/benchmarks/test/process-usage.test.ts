// SPDX-License-Identifier: Apache-2.0
// process-usage.test - what Linux says of a process and its threads

import { describe, expect, test } from '@jest/globals';
import { parseResident, parseThreadCpu } from '../src/process-usage.js';

describe('parseThreadCpu', () => {
  test('is the time on a processor, and not the time of waiting for one', () => {
    expect(parseThreadCpu('2000500000 777777 42\n')).toBe(2_000_500);
  });

  test('of something else is no number', () => {
    expect(parseThreadCpu('')).toBeNaN();
  });
});

describe('parseResident', () => {
  test('takes the resident memory and not the peak', () => {
    expect(parseResident('Name:\tx\nVmHWM:\t  9999 kB\nVmRSS:\t    64 kB\nRssAnon:\t 32 kB\n')).toBe(65_536);
  });

  test('of a process without memory, as one that has ended, is no number', () => {
    expect(parseResident('Name:\tx\nState:\tZ (zombie)\n')).toBeNaN();
  });
});
