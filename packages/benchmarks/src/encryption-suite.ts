// SPDX-License-Identifier: Apache-2.0
// encryption-suite - what CURVE costs: round trips over encrypted connections beside the same ones in the clear

import { generateKeyPair } from '@mdp/protocol/node';
import type { Target, Wire } from './peers/peer.js';
import { undisturbed } from './quiet.js';
import type { RoundTrips } from './round-trips.js';
import { allCpuUs, tripTrial } from './round-trips.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ownServer } from './servers.js';
import { median } from './statistics.js';
import type { SuiteContext } from './suite.js';
import { describeOthers, medianOf, ofRounds } from './suite.js';
import { renderTable, shown, shownBytes } from './table.js';

const WIRES: readonly Wire[] = ['mx', 'rfc18'];
const IN_FLIGHT = [1, 64, 256];
const BODIES = [32, 1024, 65_536];

/** The same measurement twice. */
interface Pair {
  readonly wire: Wire;
  readonly inFlight: number;
  readonly bodyBytes: number;
  readonly plain: Trial<RoundTrips>;
  readonly encrypted: Trial<RoundTrips>;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function encryptionSuite({ given, progress }: SuiteContext): Promise<string> {
  const { publicKey: serverKey, secretKey } = generateKeyPair();
  const plainBroker = ownServer('broker-process');
  const encryptedBroker = ownServer('broker-process', [JSON.stringify({ curve: { secretKey } })]);
  const pairs = WIRES.flatMap((wire) =>
    BODIES.flatMap((bodyBytes) =>
      IN_FLIGHT.filter(() => !given.quick || bodyBytes === 32).map((inFlight): Pair => {
        const trial = (encrypted: boolean): Trial<RoundTrips> => {
          const target: Omit<Target, 'endpoint'> = encrypted ? { wire, curve: { serverKey } } : { wire };
          const how = encrypted ? 'encrypted' : 'in the clear';
          const common = { peer: 'mdp' as const, target, inFlight, bodyBytes, seconds: given.seconds };
          return undisturbed(
            tripTrial({
              ...common,
              name: `${wire}, ${how}, ${String(inFlight)} in flight, ${shownBytes(bodyBytes)}`,
              server: encrypted ? encryptedBroker : plainBroker,
            }),
            given.patience * 1000,
            progress,
          );
        };
        return { wire, inFlight, bodyBytes, plain: trial(false), encrypted: trial(true) };
      }),
    ),
  );
  const findings = await measureInRounds(
    pairs.map(({ plain, encrypted }) => [plain, encrypted]),
    given.rounds,
    progress,
  );
  return `${describeOthers(findings)}\n\n${pairTable(pairs, findings)}`;
}

/** The median of the rounds' ratios. */
function ratio(pair: Pair, findings: Findings<RoundTrips>, pick: (found: RoundTrips) => number): number {
  const plain = ofRounds(findings, pair.plain, pick);
  const encrypted = ofRounds(findings, pair.encrypted, pick);
  return median(
    encrypted.map((value, i) => (value ?? NaN) / (plain[i] ?? NaN)).filter((value) => !Number.isNaN(value)),
  );
}

function pairTable(pairs: readonly Pair[], findings: Findings<RoundTrips>): string {
  return renderTable(
    [
      { title: 'wire', align: 'left' },
      { title: 'in flight' },
      { title: 'body' },
      { title: 'round trips/s' },
      { title: 'encrypted' },
      { title: 'ratio' },
      { title: 'p50 ms' },
      { title: 'encrypted' },
      { title: 'CPU of all µs' },
      { title: 'encrypted' },
      { title: 'ratio' },
    ],
    pairs.map((pair) => {
      const of = (trial: Trial<RoundTrips>, pick: (found: RoundTrips) => number): number =>
        medianOf(findings, trial, pick);
      const perSecond = (found: RoundTrips): number => found.perSecond;
      const p50Ms = (found: RoundTrips): number => found.p50Ms;
      return [
        pair.wire,
        String(pair.inFlight),
        shownBytes(pair.bodyBytes),
        shown(of(pair.plain, perSecond)),
        shown(of(pair.encrypted, perSecond)),
        shown(ratio(pair, findings, perSecond), 2),
        shown(of(pair.plain, p50Ms), 2),
        shown(of(pair.encrypted, p50Ms), 2),
        shown(of(pair.plain, allCpuUs), 1),
        shown(of(pair.encrypted, allCpuUs), 1),
        shown(ratio(pair, findings, allCpuUs), 2),
      ];
    }),
  );
}
