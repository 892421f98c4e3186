// SPDX-License-Identifier: Apache-2.0
// e2e-suite - whole round trips: a client process, the broker process, a worker process, and back

import type { Dialect } from '@mdp/protocol';
import { DIALECTS } from '@mdp/protocol';
import { Child } from './children.js';
import { MDP } from './contestants.js';
import type { Disturbed } from './quiet.js';
import { machineTime, othersShare, undisturbed } from './quiet.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, describeOthers, medianOf } from './suite.js';
import { renderTable, shown, shownBytes } from './table.js';

const IN_FLIGHT = [1, 64, 256];
const BODIES = [32, 1024, 65_536];
const CONCURRENCY = 64;
/** The longest that a client may take beyond its warm-up and its measurement, in milliseconds. */
const GRACE_MS = 20_000;

interface RoundTrips extends Disturbed {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time per request, by process, in microseconds. */
  readonly clientCpuUs: number;
  readonly brokerCpuUs: number;
  readonly workerCpuUs: number;
}

interface Cell {
  readonly dialect: Dialect;
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
  for (const dialect of DIALECTS) {
    for (const bodyBytes of BODIES) {
      for (const inFlight of IN_FLIGHT) {
        if (given.quick && (dialect !== 'rfc18' || bodyBytes !== 32)) continue;
        const trial = tripTrial(dialect, inFlight, bodyBytes, given.seconds);
        cells.push({ dialect, inFlight, bodyBytes, trial: undisturbed(trial, given.patience * 1000, progress) });
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

function tripTrial(dialect: Dialect, inFlight: number, bodyBytes: number, measureSeconds: number): Trial<RoundTrips> {
  return {
    name: `end to end, ${dialect}, ${String(inFlight)} in flight, ${shownBytes(bodyBytes)}`,
    async measure() {
      const children: Child[] = [];
      try {
        const broker = await MDP.start(dialect);
        children.push(broker.child);
        const worker = Child.fork('worker-process', [broker.endpoint, dialect, String(CONCURRENCY)]);
        children.push(worker);
        await worker.message('ready');
        const given = [broker.endpoint, dialect, inFlight, bodyBytes, WARM_SECONDS, measureSeconds].map(String);
        const client = Child.fork('client-process', given);
        children.push(client);
        await client.message('started', WARM_SECONDS * 1000 + GRACE_MS);
        const finished = client.message('finished', measureSeconds * 1000 + GRACE_MS);
        // A client that fails meanwhile is heard below, when it is waited for.
        finished.catch(() => undefined);
        const begin = machineTime();
        const before = [await broker.child.usage(), await worker.usage()];
        const { result } = await finished;
        const after = [await broker.child.usage(), await worker.usage()];
        const end = machineTime();
        const used = after.map((usage, i) => usage.cpuUs - (before[i]?.cpuUs ?? 0));
        const allUs = used.reduce((sum, us) => sum + us, result.cpuUs);
        return {
          perSecond: result.requests / result.seconds,
          p50Ms: result.p50Ms,
          p99Ms: result.p99Ms,
          clientCpuUs: result.cpuUs / result.requests,
          brokerCpuUs: (used[0] ?? NaN) / result.requests,
          workerCpuUs: (used[1] ?? NaN) / result.requests,
          othersShare: othersShare(begin, end, allUs / 1000),
        };
      } finally {
        for (const child of children.reverse()) await child.kill();
      }
    },
  };
}

function tripTable(cells: readonly Cell[], findings: Findings<RoundTrips>): string {
  return renderTable(
    [
      { title: 'dialect', align: 'left' },
      { title: 'in flight' },
      { title: 'body' },
      { title: 'round trips/s' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'client CPU µs' },
      { title: 'broker CPU µs' },
      { title: 'worker CPU µs' },
    ],
    cells.map(({ dialect, inFlight, bodyBytes, trial }) => {
      const of = (pick: (found: RoundTrips) => number): number => medianOf(findings, trial, pick);
      return [
        dialect,
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
          of((found) => found.clientCpuUs),
          1,
        ),
        shown(
          of((found) => found.brokerCpuUs),
          1,
        ),
        shown(
          of((found) => found.workerCpuUs),
          1,
        ),
      ];
    }),
  );
}
