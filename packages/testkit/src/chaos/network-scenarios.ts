// SPDX-License-Identifier: Apache-2.0
// network-scenarios - each process on a host of its own: whose link is broken, and what must hold

import { CLIENT_MACHINE_VANISHES, linkFaults } from './link-fault-kinds.js';
import type { Load } from './load.js';
import { NAME_FAULTS } from './name-fault-kinds.js';
import type { Scenario } from './scenario-parts.js';
import {
  ANY_ATTEMPTS,
  BOTH,
  BROKER_LOST,
  CROWDED,
  HEARTBEATS,
  MIXED,
  ONE_ATTEMPT,
  REMEMBERING,
  RETRIES,
  ROOM_FOR_MANY,
  SLOWER_HEARTBEATS,
  once,
} from './scenario-parts.js';

const HOSTS = { ...CROWDED, ...HEARTBEATS, hosts: 'listed' } as const;

/**
 * What the one process can carry that is the network. A stream that is cut off where nobody is told ends by its own time: it is
 * not repeated, and neither is its time.
 */
const LIGHT: readonly Load[] = MIXED.map((load) => ({
  ...load,
  sizes: load.sizes.map((size) => Math.min(size, 20_000)),
  pauseMs: 20,
  ...(load.kind === 'stream' ? { options: { idleTimeoutMs: 3_000 } } : {}),
}));

/** Longer than the worst link takes for a call. */
const IMPATIENT = { ...RETRIES, attemptTimeoutMs: 1_500 };

/** Names are looked up as often as that can be. */
const OFTEN = { resolveIntervalMs: 1_000 };

/** Who is cut off is not told why nothing comes. */
const CUT_OFF = [...BROKER_LOST, 'MDP_TIMEOUT'];

/** What is done to links in clusters whose processes each have a host of their own. */
export const NETWORK_SCENARIOS: readonly Scenario[] = [
  {
    name: 'links-of-workers',
    promise: 'broker and clients repeat: no call fails',
    faults: linkFaults('worker'),
    wires: BOTH,
    // Clients repeat because of the network itself: where it is one process that waits for its turn, any connection may break.
    settings: { ...HOSTS, loads: LIGHT, broker: ANY_ATTEMPTS, client: RETRIES },
    contract: { mayFail: { stream: CUT_OFF } },
  },
  {
    name: 'links-of-the-broker',
    promise: 'clients repeat, after 1.5 s as well: no call fails',
    faults: linkFaults('broker'),
    wires: BOTH,
    settings: { ...HOSTS, loads: LIGHT, broker: ANY_ATTEMPTS, client: IMPATIENT },
    contract: { mayFail: { stream: CUT_OFF } },
  },
  {
    name: 'links-of-clients',
    promise: 'clients repeat, after 1.5 s as well: no call fails',
    faults: linkFaults('client'),
    wires: BOTH,
    settings: { ...HOSTS, loads: LIGHT, broker: ANY_ATTEMPTS, client: IMPATIENT },
    contract: { mayFail: { stream: CUT_OFF }, victimsMayFail: { stream: ['MDP_REMOTE 429'] } },
  },
  {
    name: 'client-machine-vanishes',
    promise: 'clients repeat; nobody else notices: nothing fails',
    faults: [CLIENT_MACHINE_VANISHES],
    wires: ['mx'],
    settings: {
      ...HOSTS,
      ...SLOWER_HEARTBEATS,
      loads: LIGHT,
      broker: ROOM_FOR_MANY.broker,
      client: { ...ROOM_FOR_MANY.client, ...RETRIES },
    },
    contract: {},
  },
  {
    name: 'links-deduplicate',
    promise: 'clients repeat, after 1.5 s as well; no worker begins a call twice',
    faults: [...linkFaults('broker'), ...linkFaults('client')],
    wires: ['mx'],
    settings: { ...HOSTS, loads: LIGHT, broker: ANY_ATTEMPTS, client: IMPATIENT, worker: REMEMBERING },
    contract: {
      mayFail: { stream: CUT_OFF },
      victimsMayFail: { stream: ['MDP_REMOTE 429'] },
      never: ['notRemembered'],
    },
  },
  {
    name: 'links-once',
    promise: 'attempts 1, no client repeats, 5 s: no work is begun twice',
    faults: [...linkFaults('worker'), ...linkFaults('broker')],
    wires: BOTH,
    settings: { ...HOSTS, loads: once(LIGHT), broker: ONE_ATTEMPT, client: { timeoutMs: 5_000 } },
    contract: { mayFail: { call: CUT_OFF, stream: CUT_OFF } },
  },
  {
    name: 'links-of-one-of-three',
    promise: 'three brokers, clients repeat, after 1.5 s as well: no call fails',
    faults: linkFaults('broker'),
    wires: BOTH,
    settings: { ...HOSTS, brokers: 3, loads: LIGHT, broker: ANY_ATTEMPTS, client: IMPATIENT },
    contract: { mayFail: { stream: CUT_OFF } },
  },
  {
    name: 'behind-a-name',
    promise: 'three brokers behind one name, clients repeat, after 1.5 s as well: no call fails',
    faults: NAME_FAULTS,
    wires: BOTH,
    settings: {
      ...HOSTS,
      hosts: 'named',
      brokers: 3,
      loads: LIGHT,
      broker: ANY_ATTEMPTS,
      client: { ...IMPATIENT, ...OFTEN },
      worker: OFTEN,
    },
    contract: { mayFail: { stream: CUT_OFF } },
  },
];
