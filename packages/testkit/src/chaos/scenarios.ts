// SPDX-License-Identifier: Apache-2.0
// scenarios - who runs, what is asked for, what is done to whom, and what must hold

import type { Contract } from './contract.js';
import type { FaultKind } from './faults.js';
import {
  BLOCKED_WORKER,
  BROKER_RESTART_LOOP,
  CLIENT_VANISHES,
  frozen,
  frozenBriefly,
  killed,
  restarted,
  slowed,
} from './faults.js';
import type { ClusterSettings, Load, Wires } from './load.js';

/** One way to break things, and what is promised meanwhile. */
export interface Scenario {
  readonly name: string;
  /** What is promised, for tables. */
  readonly promise: string;
  readonly faults: readonly FaultKind[];
  /** On which wires it is run. */
  readonly wires: readonly Wires[];
  readonly settings: Omit<ClusterSettings, 'wires' | 'python'>;
  /** Default: whatever happens is only counted. */
  readonly contract?: Contract;
}

/** Short, so that runs are short; not shorter than what a process may wait for its turn on a machine with other things to do. */
const HEARTBEATS = { heartbeatIntervalMs: 150, heartbeatLiveness: 4 };

const CROWDED: Pick<ClusterSettings, 'brokers' | 'workers' | 'clients'> = { brokers: 1, workers: 3, clients: 2 };

const CALLS: Load = { kind: 'call', concurrency: 6, sizes: [10, 1_000, 20, 60_000], workMs: [2, 5, 15], pauseMs: 5 };
const ONE_SHOTS: Load = { kind: 'call', concurrency: 1, sizes: [10], workMs: [2], pauseMs: 20, oneShot: true };
const STREAMS: Load = { kind: 'stream', concurrency: 2, sizes: [10, 5_000], workMs: [5], parts: 30, pauseMs: 5 };
const SELDOM: Load = { kind: 'call', concurrency: 1, sizes: [10], workMs: [2], pauseMs: 60 };

const MIXED = [CALLS, ONE_SHOTS, STREAMS];

function once(loads: readonly Load[]): Load[] {
  return loads.map((load) => ({ ...load, once: true }));
}

const ANY_ATTEMPTS = { maxAttempts: 100 };
const ONE_ATTEMPT = { maxAttempts: 1 };
const RETRIES = { retry: { attempts: 1_000, baseMs: 20, maxMs: 200 } };

const WORKER_FAULTS = [killed('worker'), frozenBriefly('worker'), frozen('worker'), slowed('worker'), BLOCKED_WORKER];
const BROKER_FAULTS = [
  killed('broker'),
  frozenBriefly('broker'),
  frozen('broker'),
  slowed('broker'),
  BROKER_RESTART_LOOP,
];
const CLIENT_FAULTS = [killed('client'), frozenBriefly('client'), frozen('client'), slowed('client')];

/** One after the other, as often as there are workers. */
function inTurn(fault: FaultKind): readonly FaultKind[] {
  return [fault, fault, fault];
}

const BOTH: readonly Wires[] = ['strict', 'mx'];

/** What a request may end with when its worker is lost, and it may not be repeated. */
const WORKER_LOST = ['MDP_REMOTE 502'];

/** What a request may end with when its broker is lost, and it may not be repeated. */
const BROKER_LOST = ['MDP_DISCONNECTED', ...WORKER_LOST];

/** All of them. */
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
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS },
    // A client that stood still for long was given up by its broker; one that reads too slowly may lose a stream.
    contract: { victimsMayFail: ['MDP_DISCONNECTED', 'MDP_REMOTE 429'] },
  },
  {
    name: 'client-vanishes',
    promise: 'nobody else notices: nothing fails',
    faults: [CLIENT_VANISHES],
    wires: ['mx'],
    settings: {
      ...CROWDED,
      ...HEARTBEATS,
      loads: MIXED,
      broker: { ...ANY_ATTEMPTS, maxQueuedPerClient: 20_000, maxQueuedPerService: 30_000 },
      client: { maxInFlight: 20_000 },
    },
    contract: {},
  },
  {
    name: 'rolling-workers',
    promise: 'default attempts, no client repeats: nothing fails, nothing is begun twice',
    faults: inTurn(restarted('worker')),
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED },
    contract: { never: ['duplicated'] },
  },
  {
    name: 'rolling-broker',
    promise: 'clients repeat: nothing fails',
    faults: inTurn(restarted('broker')),
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, client: RETRIES },
    contract: {},
  },
  {
    name: 'everything',
    promise: 'broker and clients repeat: no call fails',
    faults: [...WORKER_FAULTS, ...BROKER_FAULTS, ...CLIENT_FAULTS, restarted('worker'), restarted('broker')],
    wires: BOTH,
    settings: { ...CROWDED, ...HEARTBEATS, loads: MIXED, broker: ANY_ATTEMPTS, client: RETRIES },
    contract: { mayFail: { stream: BROKER_LOST }, victimsMayFail: ['MDP_REMOTE 429'] },
  },
];

/** What a soak is made of: some hundred requests in a second, of all kinds. */
export const SOAK: Omit<ClusterSettings, 'wires' | 'python'> = {
  ...CROWDED,
  ...HEARTBEATS,
  loads: [{ ...CALLS, pauseMs: 30 }, { ...ONE_SHOTS, pauseMs: 60 }, STREAMS],
  broker: ANY_ATTEMPTS,
};

/** No error reply comes in that dialect: who waits in vain learns it by the time. */
const MAJORTOMO_CLIENT = { timeoutMs: 2_500 };
const MAJORTOMO_RETRIES = {
  timeoutMs: 20_000,
  attemptTimeoutMs: 1_500,
  retry: { attempts: 1_000, baseMs: 20, maxMs: 200 },
};

/** The same faults with Majortomo's broker; nothing is promised, and everything is counted. */
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
