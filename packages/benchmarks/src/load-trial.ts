// SPDX-License-Identifier: Apache-2.0
// load-trial - one measurement of one broker under a load, started for it and killed afterwards

import type { Contestant } from './contestants.js';
import type { Load, LoadGenerator, LoadReport } from './load-generator.js';
import type { Trial } from './rounds.js';

/** Measure a broker under a load. */
export function loadTrial(
  name: string,
  contestant: Contestant,
  generator: LoadGenerator,
  load: Load,
): Trial<LoadReport> {
  return {
    name: `${contestant.name}, ${name}`,
    async measure() {
      const broker = await contestant.start(load.dialect);
      try {
        const [report] = await generator.run([broker], load);
        if (report === undefined) throw new Error('the load generator reported nothing');
        return report;
      } finally {
        await broker.child.kill();
      }
    },
  };
}
