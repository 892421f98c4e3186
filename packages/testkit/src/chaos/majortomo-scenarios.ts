// SPDX-License-Identifier: Apache-2.0
// majortomo-scenarios - the same faults with Majortomo's broker; nothing is promised, and everything is counted

import { restarted } from './faults.js';
import type { Scenario } from './scenario-parts.js';
import { BROKER_FAULTS, CLIENT_FAULTS, CROWDED, HEARTBEATS, MIXED, WORKER_FAULTS, inTurn } from './scenario-parts.js';

/** No error reply comes in that dialect: who waits in vain learns it by the time. */
const MAJORTOMO_CLIENT = { timeoutMs: 2_500 };
const MAJORTOMO_RETRIES = {
  timeoutMs: 20_000,
  attemptTimeoutMs: 1_500,
  retry: { attempts: 1_000, baseMs: 20, maxMs: 200 },
};

/** What is done to processes of a cluster with one broker of Majortomo's. */
export const MAJORTOMO_SCENARIOS: readonly Scenario[] = [
  {
    name: 'majortomo-workers',
    promise: 'no client repeats',
    faults: WORKER_FAULTS,
    wires: ['majortomo'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: MAJORTOMO_CLIENT },
  },
  {
    name: 'majortomo-workers-retry',
    promise: 'clients repeat after 1.5 s',
    faults: WORKER_FAULTS,
    wires: ['majortomo'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: MAJORTOMO_RETRIES },
  },
  {
    name: 'majortomo-broker',
    promise: 'clients repeat after 1.5 s, or when the connection breaks',
    faults: BROKER_FAULTS,
    wires: ['majortomo'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: MAJORTOMO_RETRIES },
  },
  {
    name: 'majortomo-clients',
    promise: 'no client repeats',
    faults: CLIENT_FAULTS,
    wires: ['majortomo'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: MAJORTOMO_CLIENT },
  },
  {
    name: 'majortomo-rolling-workers',
    promise: 'no client repeats',
    faults: inTurn(restarted('worker')),
    wires: ['majortomo'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: MAJORTOMO_CLIENT },
  },
];
