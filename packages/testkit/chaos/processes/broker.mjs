// SPDX-License-Identifier: Apache-2.0
// broker - a broker as a process of its own, that tells what it holds, and ends in an orderly way on SIGTERM
import { Broker } from '@mdp/broker';
import { say, settings, takeOrders } from '../../faults/processes/report.mjs';
import { watched } from './held.mjs';

const broker = new Broker(settings.options);
for (const event of ['workerReady', 'workerLost']) broker.on(event, () => say(event));
broker.on('error', (error) => say('error', { facts: String(error) }));

process.once('SIGTERM', () => {
  void broker.stop({ drainMs: 5_000 }).then(() => {
    say('stopped');
    process.stdin.destroy();
  });
});
await broker.start();
takeOrders({
  count: () => say('count', { done: broker.stats().counters.dispatched }),
  ...watched(() => broker.stats()),
});
say('listening');
