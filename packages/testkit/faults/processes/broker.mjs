// SPDX-License-Identifier: Apache-2.0
// broker - a broker as a process of its own, that reports its events and, when it is told to, its counters
import { Broker } from '@mdp/broker';
import { say, settings, takeOrders } from './report.mjs';

const broker = new Broker(settings.options);
for (const event of ['workerReady', 'workerLost', 'requestRecovered', 'requestFailed', 'stalled']) {
  broker.on(event, (facts) => say(event, { facts }));
}
broker.on('error', (error) => say('error', { facts: String(error) }));
process.once('SIGTERM', () => void broker.stop().then(() => process.exit(0)));
await broker.start();
takeOrders({ stats: () => say('stats', { stats: broker.stats() }) });
say('listening', { endpoint: broker.endpoints[0] });
