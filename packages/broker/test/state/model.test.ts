// SPDX-License-Identifier: Apache-2.0
// model.test - whatever honest and hostile peers do, and in whatever order, the broker does what the naive one does

import { describe, test } from '@jest/globals';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';
import { HAPPENINGS, StateWorld } from '../support/state-world.js';

const step = fc.record(
  { what: fc.constantFrom(...HAPPENINGS), who: fc.nat(5), which: fc.nat(119) },
  { noNullPrototype: true },
);

const options = fc.record(
  {
    forwardErrors: fc.boolean(),
    maxAttempts: fc.constant(2),
    maxRequestsPerSecond: fc.constantFrom(0, 0, 2),
    maxServicesPerClient: fc.constantFrom(1, 1_000),
    noWorkerTimeoutMs: fc.constantFrom(3_001, 3_001, 0),
    maxStrikes: fc.constantFrom(3, 1_000),
  },
  { noNullPrototype: true },
);

describe('any sequence of events', () => {
  test('ends every request exactly once, gives workers no more than they take, passes on only what holders said, and leaves nothing', () => {
    check(
      fc.property(options, fc.array(step, { maxLength: 150, size: 'max' }), (limits, steps) => {
        const world = new StateWorld(limits);
        for (const each of steps) world.step(each);
        world.rest();
      }),
      { runs: 1_000, timeMs: 6_000 },
    );
  });

  test('and so does a broker that stops in the middle of it', () => {
    check(
      fc.property(
        options,
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.array(step, { maxLength: 30 }),
        (limits, before, after) => {
          const world = new StateWorld(limits);
          for (const each of before) world.step(each);
          world.pair.drain();
          world.check();
          for (const each of after) world.step(each);
          world.pair.shutDown();
          world.check();
          world.rest();
        },
      ),
      { runs: 500, timeMs: 3_000 },
    );
  });
});
