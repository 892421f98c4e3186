// SPDX-License-Identifier: Apache-2.0
// broker-process - the broker of this project in a process of its own
// Usage (by the harness): broker-process [OPTIONS, as JSON; its defaults when left out]

import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import type { HarnessMessage } from './children.js';
import { report, serveHarness } from './child-process.js';

serveHarness();
const options = JSON.parse(process.argv[2] ?? '{}') as BrokerOptions;
const broker = new Broker({ ...options, endpoints: 'tcp://127.0.0.1:*' });
process.on('message', ({ type }: HarnessMessage) => {
  if (type !== 'count') return;
  const { requests, dispatched } = broker.stats().counters;
  report({ type: 'count', count: { requests, dispatched } });
});
await broker.start();
report({ type: 'ready', endpoint: broker.endpoints[0] ?? '' });
