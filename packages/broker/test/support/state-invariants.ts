// SPDX-License-Identifier: Apache-2.0
// state-invariants - what holds for the state of a broker at every moment, and when all has ended

import type { ServiceCounts } from '../../src/state/service-counts.js';
import { hold } from './side-by-side.js';
import type { Bench } from './state-peers.js';

/** What must hold at every moment. */
export function checkBroker(bench: Bench): void {
  const { state, counters, ends, port } = bench;
  const { dispatcher, connections } = state;
  const watched = new Set(port.open);
  const total = { queued: 0, queuedBytes: 0, pendingBytes: 0, workers: 0, busy: 0 };
  for (const connection of connections) {
    total.queued += connection.queued.size;
    for (const request of connection.queued) total.queuedBytes += request.bytes;
    total.pendingBytes += connection.pendingBytes;
    const pending = [...connection.queued, ...connection.running];
    for (const request of pending) hold('a request that has not ended is watched', watched.delete(request), true);
    const least = pending.reduce((sum, { bytes: own }) => sum + own, 0);
    hold('bytes of its requests are counted', connection.pendingBytes >= least, true);
    hold('and none of others', pending.length > 0 || connection.pendingBytes === 0, true);
    total.workers += connection.workers.size;
    for (const worker of connection.workers.values()) {
      hold('a worker of a connection is registered', worker.registered, true);
      hold(
        'a worker that waits has room',
        worker.freeLink.list !== undefined && worker.held.size >= worker.credit,
        false,
      );
      if (worker.held.size > 0) total.busy++;
    }
  }
  hold('requests that have ended and are watched', watched.size, 0);
  hold('attempts that are watched', port.dispatched, counters.dispatched);
  hold('requests that wait, by connections', total.queued, dispatcher.queued);
  hold('their bytes', total.queuedBytes, dispatcher.queuedBytes);
  hold('the bytes of all that have not ended', total.pendingBytes, connections.pending.used);
  hold('workers, by connections', total.workers, state.workers);
  hold('workers that hold a request', total.busy, dispatcher.busy.size);
  let queued = 0;
  let workers = 0;
  for (const { name, ...service } of dispatcher.services.values()) {
    queued += service.queue.size;
    workers += service.workers;
    hold(`the service ${name} has something`, service.workers + service.queue.size > 0, true);
    hold(`work and workers wait for ${name} at once`, service.free.size > 0 && service.queue.size > 0, false);
  }
  checkServiceCounts(bench);
  hold('requests that wait, by services', queued, dispatcher.queued);
  hold('workers, by services', workers, state.workers);
  hold('requests that ended, wait or run', ends.ended + ends.waiting, ends.requests);
  const lost = Object.values(counters.workersLost).reduce((sum, count) => sum + count, 0);
  hold('workers that are lost or registered', lost + state.workers, counters.workersReady);
}

/** What is counted by service is what is counted in all, and every request of a service has ended, waits or runs. */
function checkServiceCounts({ state, counters }: Bench): void {
  const { dispatcher, connections } = state;
  const open = new Map<ServiceCounts, number>();
  for (const { queued, running } of connections) {
    for (const { service } of [...queued, ...running]) {
      open.set(service.counts, (open.get(service.counts) ?? 0) + 1);
    }
  }
  const known = Array.from(dispatcher.services.values(), ({ counts }) => counts);
  const all = [...known, ...dispatcher.remembered];
  hold('counts that are another service’s, too', all.length, new Set(all).size);
  for (const counts of all) {
    const failed = Object.values(counts.failed).reduce((sum, count) => sum + count, 0);
    const ended = counts.finals + failed + counts.cancelled + counts.abandoned;
    hold('requests of a service that ended, wait or run', ended + (open.get(counts) ?? 0), counts.requests);
    hold('waits for attempts', counts.wait.count, counts.dispatched);
    for (const { count, counts: buckets } of [counts.wait.snapshot(), counts.work.snapshot()]) {
      hold(
        'durations in buckets',
        buckets.reduce((sum, bucket) => sum + bucket, 0),
        count,
      );
    }
  }
  for (const what of ['dispatched', 'partials', 'finals', 'recovered'] as const) {
    const sum = all.reduce((before, counts) => before + counts[what], 0);
    hold(`${what}, by services`, sum, counters[what]);
  }
}

/** When all has ended and time has passed, nothing is left. */
export function checkNothingLeft({ state, ends }: Bench): void {
  const { dispatcher, workers } = state;
  hold('services, when all has ended', dispatcher.services.size, 0);
  hold('requests that wait, when all has ended', dispatcher.queued, 0);
  hold('requests that run, when all has ended', dispatcher.running, 0);
  hold('workers that hold something, when all has ended', dispatcher.busy.size, 0);
  hold('MX clients that wait, when all has ended', dispatcher.asking.size, 0);
  hold('bytes, when all has ended', state.connections.pending.used, 0);
  hold('workers, when all has ended', workers, 0);
  hold('open requests, when all has ended', ends.waiting, 0);
}
