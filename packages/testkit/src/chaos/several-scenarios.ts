// SPDX-License-Identifier: Apache-2.0
// several-scenarios - three brokers, of which one at a time is broken: who runs, what is done to whom, and what must hold

import { restarted } from './faults.js';
import type { Wires } from './load.js';
import type { Scenario } from './scenario-parts.js';
import {
  ANY_ATTEMPTS,
  BOTH,
  BROKER_FAULTS,
  BROKER_LOST,
  CALM_HEARTBEATS,
  CLIENT_FAULTS,
  CROWDED,
  HEARTBEATS,
  IMPATIENT,
  MIXED,
  ONE_ATTEMPT,
  RETRIES,
  ROLES,
  WORKER_FAULTS,
  inTurn,
  once,
} from './scenario-parts.js';

const THREE = { ...CROWDED, ...HEARTBEATS, brokers: 3 };

const EVERY_WIRE: readonly Wires[] = [...BOTH, 'auto'];

/** What is done to processes of a cluster with three brokers. */
export const SEVERAL_SCENARIOS: readonly Scenario[] = [
  {
    name: 'one-of-three',
    promise: 'three brokers, clients repeat, after 0.5 s as well: no call fails',
    faults: BROKER_FAULTS,
    wires: EVERY_WIRE,
    settings: { ...THREE, loads: MIXED, broker: ANY_ATTEMPTS, client: IMPATIENT },
    contract: { mayFail: { stream: BROKER_LOST } },
  },
  {
    name: 'one-of-three-once',
    promise: 'three brokers, attempts 1, no client repeats: no work is begun twice',
    faults: BROKER_FAULTS,
    wires: BOTH,
    settings: { ...THREE, loads: once(MIXED), broker: ONE_ATTEMPT },
    contract: { mayFail: { call: BROKER_LOST, stream: BROKER_LOST } },
  },
  {
    name: 'rolling-three',
    promise: 'three brokers, each in turn, clients repeat: nothing fails',
    faults: inTurn(restarted('broker')),
    wires: EVERY_WIRE,
    settings: { ...THREE, ...CALM_HEARTBEATS, loads: MIXED, client: RETRIES },
    contract: {},
  },
  {
    name: 'rolling-everything',
    promise: 'three brokers, all brokers, workers and clients in turn, clients repeat: nothing fails',
    faults: ROLES.flatMap((role) => inTurn(restarted(role))),
    wires: EVERY_WIRE,
    settings: { ...THREE, ...CALM_HEARTBEATS, clients: 3, loads: MIXED, client: RETRIES },
    contract: {},
  },
  {
    name: 'everything-of-three',
    promise: 'three brokers, brokers and clients repeat, after 0.5 s as well: no call fails',
    faults: [...WORKER_FAULTS, ...BROKER_FAULTS, ...CLIENT_FAULTS, ...ROLES.map(restarted)],
    wires: BOTH,
    settings: { ...THREE, loads: MIXED, broker: ANY_ATTEMPTS, client: IMPATIENT },
    contract: { mayFail: { stream: BROKER_LOST }, victimsMayFail: { stream: ['MDP_REMOTE 429'] } },
  },
];
