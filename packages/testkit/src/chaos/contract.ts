// SPDX-License-Identifier: Apache-2.0
// contract - what must not happen, whatever breaks, and what else a scenario promises

import type { Report } from './check.js';
import type { Finding, FindingName } from './findings.js';

/** What never happens, in no scenario. `repeatedOnce` is about requests whose work must not be begun twice. */
const NEVER: readonly FindingName[] = [
  'lost',
  'endedTwice',
  'afterEnd',
  'misdelivered',
  'damaged',
  'gapped',
  'reordered',
  'mixed',
  'repeatedOnce',
  'unknown',
];

/** How requests may fail, by kind: `MDP_REMOTE 502`, for example. */
export interface MayFail {
  readonly call?: readonly string[];
  readonly stream?: readonly string[];
}

/** What a scenario promises besides. */
export interface Contract {
  /** How requests may fail. Default: none does. */
  readonly mayFail?: MayFail;
  /** How those may fail besides whose clients a fault was done to. Default: as the others. */
  readonly victimsMayFail?: MayFail;
  /** What must not happen either. */
  readonly never?: readonly FindingName[];
}

/** A promise that was broken, for one request. */
export interface Broken extends Omit<Finding, 'name'> {
  readonly promise: string;
}

/**
 * Hold a report against a contract.
 *
 * @param victims - the names of clients that a fault was done to
 * @returns what was broken, in the order in which it happened; empty when all is well
 */
export function brokenPromises(
  { findings, failures }: Report,
  contract: Contract,
  victims: ReadonlySet<string> = new Set(),
): Broken[] {
  const never = new Set<FindingName>([...NEVER, ...(contract.never ?? [])]);
  const found = findings
    .filter(({ name }) => never.has(name))
    .map(({ name, id, at, detail }) => ({ promise: `never ${name}`, id, at, detail }));
  const failed = failures
    .filter(({ kind, client, outcome }) => {
      const allowed = contract.mayFail?.[kind] ?? [];
      const besides = victims.has(client) ? (contract.victimsMayFail?.[kind] ?? []) : [];
      return ![...allowed, ...besides].includes(outcome);
    })
    .map(({ id, at, kind, outcome }) => ({ promise: `no ${kind} fails with ${outcome}`, id, at, detail: outcome }));
  return [...found, ...failed].sort((a, b) => a.at - b.at);
}
