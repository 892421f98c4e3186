// SPDX-License-Identifier: Apache-2.0
// name-fault-kinds - brokers that come and go behind their name

import { waitUntil } from '../wait.js';
import type { Cluster, Member } from './cluster.js';
import type { FaultKind, Undo } from './faults.js';
import { killed } from './faults.js';
import { ledgerNow } from './ledger.js';
import type { NamedHosts } from './named-hosts.js';

/** How long everybody may take to look the name up and to follow, in milliseconds. */
const FOLLOW_MS = 30_000;

/** Clients have left when they ask for nothing for so long, in milliseconds: under load they never wait so long elsewhere. */
const UNASKED_MS = 500;

function nameFault(
  name: string,
  lasts: readonly [number, number],
  inflict: (cluster: Cluster, names: NamedHosts, target: Member, endpoint: string) => Promise<Undo>,
): FaultKind {
  return {
    name,
    role: 'broker',
    needs: [],
    lasts,
    inflict: (cluster, target) => {
      const { names } = cluster;
      const { endpoint } = target;
      if (names === undefined || endpoint === undefined) throw new Error(`${target.name} is behind no name`);
      return inflict(cluster, names, target, endpoint);
    },
  };
}

/**
 * Wait until a broker has no worker any more, does nothing, and is asked for nothing. What waits there may stay: on the strict wire
 * it cannot know that nobody wants it any more.
 *
 * @throws Error that says what it has instead
 */
async function deserted(cluster: Cluster, broker: Member): Promise<void> {
  let held = '';
  let last = -1;
  let askedAt = ledgerNow();
  try {
    await waitUntil(
      'nobody to be there',
      async () => {
        const { requests, workers, counters } = (await cluster.stats(broker)).stats;
        held = JSON.stringify({ requests, workers, counters });
        if (counters.requests !== last) askedAt = ledgerNow();
        last = counters.requests;
        return workers.registered + requests.running === 0 && ledgerNow() - askedAt >= UNASKED_MS;
      },
      FOLLOW_MS,
    );
  } catch (error) {
    throw new Error(`${broker.name} was not left: ${held}`, { cause: error });
  }
}

const TAKEN_AWAY = nameFault(
  'address of a broker taken from the name',
  [0.3, 0.8],
  async (cluster, names, target, endpoint) => {
    names.unlist(endpoint);
    await deserted(cluster, target);
    return () => {
      names.list(endpoint);
      return Promise.resolve();
    };
  },
);

const KILLED = nameFault(
  'broker killed, and its address taken from the name',
  [0.3, 0.8],
  async (cluster, names, target, endpoint) => {
    await cluster.kill(target);
    names.unlist(endpoint);
    return async () => {
      await cluster.startBroker(endpoint);
      names.list(endpoint);
    };
  },
);

/** As it is done with containers: first the new one is there, then the old one goes. */
const REPLACED = nameFault('broker replaced by one at another address', [0, 0], async (cluster, names, target, old) => {
  await cluster.startBroker(await names.endpoint());
  await cluster.allWork(1);
  names.unlist(old);
  await deserted(cluster, target);
  await cluster.terminate(target);
  return () => Promise.resolve();
});

/** What can happen to a broker behind a name. */
export const NAME_FAULTS: readonly FaultKind[] = [killed('broker'), KILLED, TAKEN_AWAY, REPLACED];
