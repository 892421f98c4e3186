// SPDX-License-Identifier: Apache-2.0
// broker - a broker as a process of its own, that tells its counters and its memory
import { Broker } from '@mdp/broker';
import { say, settings, takeOrders } from '../../faults/processes/report.mjs';

const broker = new Broker(settings.options);
broker.on('error', (error) => say('error', { facts: String(error) }));
await broker.start();

/** Memory is looked at when what is not used any more has been collected. */
async function report() {
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  say('report', { stats: broker.stats(), memory: { rss, inUse: heapUsed + external } });
}

takeOrders({ report, stats: () => say('stats', { stats: broker.stats() }) });
say('listening', { endpoints: broker.endpoints });
