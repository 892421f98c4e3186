// SPDX-License-Identifier: Apache-2.0
// process-usage.test - what Linux says of a process, whatever the program is called

import { describe, expect, test } from '@jest/globals';
import { parseCpu, parseResident } from '../src/process-usage.js';

const FIELDS = 'S 1 4711 4711 0 -1 4194560 1043 0 0 0 123 77 5 6 20 0 9 0 8000 1000000 2000';

describe('parseCpu', () => {
  test.each(['nats-server', 'beam.smp', 'a (strange) name', ') S 1 1'])('adds user and system time of %s', (name) => {
    expect(parseCpu(`4711 (${name}) ${FIELDS}\n`)).toBe(2_000_000);
  });

  test('of something else is no number', () => {
    expect(parseCpu('')).toBeNaN();
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
