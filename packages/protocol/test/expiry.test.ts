// SPDX-License-Identifier: Apache-2.0
// expiry.test - when a key ends, by what its file or a list says

import { describe, expect, test } from '@jest/globals';
import { parseExpiry } from '@mdp/protocol/node';

describe('the end of a key', () => {
  test.each([
    ['2027-01-31', Date.UTC(2027, 1, 1)],
    ['2028-02-29', Date.UTC(2028, 2, 1)],
    ['2027-01-31T18:00Z', Date.UTC(2027, 0, 31, 18)],
    ['2027-01-31T18:00:30Z', Date.UTC(2027, 0, 31, 18, 0, 30)],
  ])('%s', (text, at) => {
    expect(parseExpiry(text)).toBe(at);
  });

  test.each(['2027-02-30', '2027-13-01', '2027-1-1', '31.01.2027', '2027-01-31T18:00', '2027-01-31T25:00Z', ''])(
    '%j is none',
    (text) => {
      expect(parseExpiry(text)).toBeUndefined();
    },
  );
});
