// SPDX-License-Identifier: Apache-2.0
// scenarios - one broker: who runs, what is asked for, what is done to whom, and what must hold

import { CLIENT_VANISHES, restarted } from './faults.js';
import type { ClusterSettings } from './load.js';
import type { Scenario } from './scenario-parts.js';
import {
  ANY_ATTEMPTS,
  BOTH,
  BROKER_FAULTS,
  BROKER_LOST,
  CALM_HEARTBEATS,
  CALLS,
  CLIENT_FAULTS,
  CROWDED,
  HEARTBEATS,
  IDLE_FAULTS,
  IMPATIENT,
  MIXED,
  ONE_ATTEMPT,
  ONE_SHOTS,
  REMEMBERING,
  REPEATING_FAULTS,
  RETRIES,
  ROLES,
  ROOM_FOR_MANY,
  SELDOM,
  SLOWER_HEARTBEATS,
  STREAMS,
  WORKER_FAULTS,
  WORKER_LOST,
  inTurn,
  once,
} from './scenario-parts.js';

/** What is done to processes of a cluster with one broker. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'workers',
    promise: 'the broker repeats: no call fails',
    faults: WORKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS },
    contract: { mayFail: { stream: WORKER_LOST } },
  },
  {
    name: 'workers-once',
    promise: 'attempts 1: no work is begun twice',
    faults: WORKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: once(MIXED), broker: ONE_ATTEMPT },
    contract: { mayFail: { call: WORKER_LOST, stream: WORKER_LOST } },
  },
  {
    name: 'workers-idle',
    promise: 'the broker repeats: no call fails',
    faults: WORKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: [SELDOM], broker: ANY_ATTEMPTS },
    contract: {},
  },
  {
    name: 'broker',
    promise: 'clients repeat: no call fails',
    faults: BROKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS, client: RETRIES },
    contract: { mayFail: { stream: BROKER_LOST } },
  },
  {
    name: 'broker-once',
    promise: 'attempts 1, no client repeats: no work is begun twice',
    faults: BROKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: once(MIXED), broker: ONE_ATTEMPT },
    contract: { mayFail: { call: BROKER_LOST, stream: BROKER_LOST } },
  },
  {
    name: 'broker-idle',
    promise: 'clients repeat: no call fails',
    faults: BROKER_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: [SELDOM], broker: ANY_ATTEMPTS, client: RETRIES },
    contract: {},
  },
  {
    name: 'clients',
    promise: 'nobody else notices: nothing fails',
    faults: CLIENT_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...SLOWER_HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS },
    // A client that stood still for long was given up by its broker; one that reads too slowly may lose a stream.
    contract: { victimsMayFail: { call: ['MDP_DISCONNECTED'], stream: ['MDP_DISCONNECTED', 'MDP_REMOTE 429'] } },
  },
  {
    name: 'idle',
    promise:
      'default attempts, no client repeats: nothing fails but at a client that stood still, nothing is begun twice',
    faults: IDLE_FAULTS,
    wires: BOTH,
    settings: { ...CROWDED, ...SLOWER_HEARTBEATS, loads: MIXED },
    // It asks in the moment in which it goes on, by connections that are no more: it cannot know that yet.
    contract: {
      victimsMayFail: { call: ['MDP_DISCONNECTED'], stream: ['MDP_DISCONNECTED'] },
      never: ['duplicated'],
    },
  },
  {
    name: 'client-vanishes',
    promise: 'nobody else notices: nothing fails',
    faults: [CLIENT_VANISHES],
    wires: ['mx'],
    settings: { ...CROWDED, ...CALM_HEARTBEATS, ...ROOM_FOR_MANY, loads: MIXED },
    contract: {},
  },
  {
    name: 'deduplicate',
    promise: 'clients repeat, after 0.5 s as well; no worker begins a call twice',
    faults: REPEATING_FAULTS,
    wires: ['mx'],
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS, client: IMPATIENT, worker: REMEMBERING },
    contract: { mayFail: { stream: BROKER_LOST }, never: ['notRemembered'] },
  },
  {
    name: 'rolling-workers',
    promise: 'default attempts, no client repeats: nothing fails, nothing is begun twice',
    faults: inTurn(restarted('worker')),
    wires: BOTH,
    settings: { ...CROWDED, ...CALM_HEARTBEATS, loads: MIXED },
    contract: { never: ['duplicated'] },
  },
  {
    name: 'rolling-broker',
    promise: 'clients repeat: nothing fails',
    faults: inTurn(restarted('broker')),
    wires: BOTH,
    settings: { ...CROWDED, ...CALM_HEARTBEATS, loads: MIXED, client: RETRIES },
    contract: {},
  },
  {
    name: 'everything',
    promise: 'broker and clients repeat: no call fails',
    faults: [...WORKER_FAULTS, ...BROKER_FAULTS, ...CLIENT_FAULTS, ...ROLES.map(restarted)],
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS, client: RETRIES },
    contract: { mayFail: { stream: BROKER_LOST }, victimsMayFail: { stream: ['MDP_REMOTE 429'] } },
  },
];

/** What a soak is made of: some hundred requests in a second, of all kinds. Workers that are told ids remember replies. */
export const SOAK: Omit<ClusterSettings, 'wires' | 'python'> = {
  brokers: 2,
  workers: 1,
  clients: 1,
  ...HEARTBEATS,
  loads: [{ ...CALLS, pauseMs: 30 }, { ...ONE_SHOTS, pauseMs: 60 }, STREAMS],
  broker: ANY_ATTEMPTS,
  client: RETRIES,
  worker: { deduplicate: { maxEntries: 100, ttlMs: 60_000 } },
};
