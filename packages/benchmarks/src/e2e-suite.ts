// SPDX-License-Identifier: Apache-2.0
// e2e-suite - whole round trips: a client process, the broker process, a worker process, and back

import type { Target } from './peers/peer.js';
import { undisturbed } from './quiet.js';
import type { RoundTrips } from './round-trips.js';
import { tripTrial } from './round-trips.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ownServer } from './servers.js';
import type { SuiteContext } from './suite.js';
import { describeOthers, medianOf } from './suite.js';
import { renderTable, shown, shownBytes } from './table.js';

const IN_FLIGHT = [1, 64, 256];
const BODIES = [32, 1024, 65_536];
const BROKER = ownServer('broker-process');

/** What client and worker may speak: what they agree upon by themselves, and each strict dialect. */
const SPEECHES: readonly { readonly name: string; readonly target: Omit<Target, 'endpoint'> }[] = [
  { name: 'the defaults: mx', target: {} },
  { name: 'rfc18', target: { wire: 'rfc18' } },
  { name: 'majortomo', target: { dialect: 'majortomo' } },
  { name: 'mdp01', target: { dialect: 'mdp01' } },
];

interface Cell {
  readonly speech: string;
  readonly inFlight: number;
  readonly bodyBytes: number;
  readonly trial: Trial<RoundTrips>;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function e2eSuite({ given, progress }: SuiteContext): Promise<string> {
  const cells: Cell[] = [];
  for (const { name: speech, target } of SPEECHES) {
    for (const bodyBytes of BODIES) {
      for (const inFlight of IN_FLIGHT) {
        if (given.quick && (target.dialect !== undefined || bodyBytes !== 32)) continue;
        const trial = tripTrial({
          name: `end to end, ${speech}, ${String(inFlight)} in flight, ${shownBytes(bodyBytes)}`,
          peer: 'mdp',
          target,
          server: BROKER,
          inFlight,
          bodyBytes,
          seconds: given.seconds,
        });
        cells.push({ speech, inFlight, bodyBytes, trial: undisturbed(trial, given.patience * 1000, progress) });
      }
    }
  }
  const findings = await measureInRounds(
    cells.map((cell) => [cell.trial]),
    given.rounds,
    progress,
  );
  return `${describeOthers(findings)}\n\n${tripTable(cells, findings)}`;
}

function tripTable(cells: readonly Cell[], findings: Findings<RoundTrips>): string {
  return renderTable(
    [
      { title: 'wire', align: 'left' },
      { title: 'in flight' },
      { title: 'body' },
      { title: 'round trips/s' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'client CPU µs' },
      { title: 'broker CPU µs' },
      { title: 'worker CPU µs' },
    ],
    cells.map(({ speech, inFlight, bodyBytes, trial }) => {
      const of = (pick: (found: RoundTrips) => number): number => medianOf(findings, trial, pick);
      return [
        speech,
        String(inFlight),
        shownBytes(bodyBytes),
        shown(of((found) => found.perSecond)),
        shown(
          of((found) => found.p50Ms),
          2,
        ),
        shown(
          of((found) => found.p99Ms),
          2,
        ),
        shown(
          of((found) => found.client.cpuUs),
          1,
        ),
        shown(
          of((found) => found.server?.cpuUs ?? NaN),
          1,
        ),
        shown(
          of((found) => found.worker.cpuUs),
          1,
        ),
      ];
    }),
  );
}
