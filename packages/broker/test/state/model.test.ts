// SPDX-License-Identifier: Apache-2.0
// model.test - whatever honest and hostile peers do, and in whatever order, what must hold does

import { describe, test } from '@jest/globals';
import fc from 'fast-check';
import { HAPPENINGS, StateWorld } from '../support/state-world.js';

const step = fc.record({
  what: fc.constantFrom(...HAPPENINGS),
  who: fc.nat(5),
  which: fc.nat(39),
});

// A failure prints its seed and path: fc.assert(..., { seed, path }) plays it again.
describe('any sequence of events', () => {
  test('ends every request exactly once, gives a worker one at a time, passes on only what its holder said, leaves nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const world = new StateWorld();
        for (const each of steps) world.step(each);
        world.rest();
      }),
      { numRuns: 1_000, interruptAfterTimeLimit: 6_000 },
    );
  });

  test('and so does a broker that stops in the middle of it', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.array(step, { maxLength: 30 }),
        (before, after) => {
          const world = new StateWorld();
          for (const each of before) world.step(each);
          world.bench.state.drain(world.bench.now);
          world.check();
          for (const each of after) world.step(each);
          world.bench.state.shutDown(world.bench.now);
          world.check();
          world.rest();
        },
      ),
      { numRuns: 500, interruptAfterTimeLimit: 3_000 },
    );
  });
});
