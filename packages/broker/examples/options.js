// SPDX-License-Identifier: Apache-2.0
// options - the options of a broker that people change

import { Broker } from '@mdp/broker';

// #region options
const broker = new Broker({
  endpoints: 'tcp://127.0.0.1:*',
  heartbeatIntervalMs: 1_000, // how soon the loss of a silent worker is noticed: after 4 of these
  noWorkerTimeoutMs: 10_000, // how long a request waits for a service that nobody offers
  maxAttempts: 2, // how often a request may be given to a worker in all
  services: {
    charge: { maxAttempts: 1 }, // never repeated
    report: { queueTimeoutMs: 3_600_000, maxQueued: 50 },
  },
});
// #endregion

console.log('charge:', broker.options.services.get('charge'));
await broker.stop();
