// SPDX-License-Identifier: Apache-2.0
// service - one name, its workers and the requests that wait for them

import type { Frame } from '@mdp/protocol';
import { encodeServiceName } from '@mdp/protocol';
import type { ResolvedServiceOptions } from '../options.js';
import type { Deadline } from '@mdp/protocol/internal';
import type { Connection } from './connection.js';
import { FairQueue } from './fair-queue.js';
import { LinkedList } from './linked-list.js';
import { ServiceCounts } from './service-counts.js';
import type { Worker } from './worker.js';

/** A service. It exists while it has a worker or a waiting request, no longer. */
export class Service implements Deadline {
  heapIndex = -1;
  /** The name as a frame, for replies. */
  readonly frame: Frame;
  /** Workers that have room for a request, least recently used first. */
  readonly free = new LinkedList<Worker>();
  /** Registered workers, free and full: any number (MDP-B-22). */
  workers = 0;
  /** Whose request made it, until it has a worker. */
  madeBy: Connection | undefined;
  /** Since when there has been no worker. */
  workerlessSince: number;
  readonly queue = new FairQueue();

  constructor(
    readonly name: string,
    readonly options: ResolvedServiceOptions,
    now: number,
    readonly counts = new ServiceCounts(),
  ) {
    this.frame = encodeServiceName(name);
    this.workerlessSince = now;
  }

  /** When the oldest waiting request expires; `Infinity` when none waits. */
  get expiresAt(): number {
    const oldest = this.queue.oldest;
    if (oldest === undefined) return Infinity;
    if (this.workers > 0) return oldest.since + this.options.queueTimeoutMs;
    return Math.max(oldest.since, this.workerlessSince) + this.options.noWorkerTimeoutMs;
  }
}
