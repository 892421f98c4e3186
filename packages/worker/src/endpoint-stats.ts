// SPDX-License-Identifier: Apache-2.0
// endpoint-stats - what a worker says of each of its brokers, and of names that stand for none

import type { Brokers } from './brokers.js';
import type { Endpoint } from './endpoint.js';
import type { WireOption } from './options.js';
import type { EndpointStats } from './stats.js';

/** How all brokers stand, in the order in which their endpoints were given; those that are left come last. */
export function endpointStats(brokers: Brokers<Endpoint>, wire: WireOption): EndpointStats[] {
  const nothing = { connections: 0, registered: 0, busy: 0, inFlight: 0, orphans: 0 };
  const stats = brokers.given.flatMap(({ endpoint, named, brokers, reason }): EndpointStats[] => {
    if (!named) return brokers.map((broker) => broker.stats());
    if (brokers.length > 0) return brokers.map((broker) => ({ ...broker.stats(), name: endpoint }));
    return [{ endpoint, name: endpoint, reason, wire: wire === 'auto' ? 'asking' : wire, ...nothing }];
  });
  for (const broker of brokers.leaving) stats.push(broker.stats());
  return stats;
}
