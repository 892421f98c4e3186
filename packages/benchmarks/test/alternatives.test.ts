// SPDX-License-Identifier: Apache-2.0
// alternatives.test - what the rows of the comparison are called and compared with

import { expect, test } from '@jest/globals';
import { ALTERNATIVES, MX, STRICT } from '../src/alternatives.js';
import { refusedWire } from '../src/peers/mdp.js';

test('every alternative has a name of its own and says the way of a request', () => {
  const names = ALTERNATIVES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { path } of ALTERNATIVES) expect(path).toContain('→');
});

test('this project takes part, strictly and over MX', () => {
  const names = ALTERNATIVES.map(({ name }) => name);
  expect(names).toContain(STRICT);
  expect(names).toContain(MX);
});

test('a wire that the packages do not know is told in their own words', async () => {
  expect(await refusedWire('carrier-pigeon' as 'mx')).toContain('wire');
});
