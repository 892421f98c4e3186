// SPDX-License-Identifier: Apache-2.0
// naive-registry - how the workers of the naive broker come, live and go, and what time does

import type { Frame } from '@mdp/protocol';
import type { WorkerLossReason } from '../../src/events.js';
import { NaiveDesk } from './naive-desk.js';
import type { NaiveAccess, NaiveConnection, NaivePeer, NaiveTarget, NaiveWorker } from './naive-parts.js';
import { names, placeOf } from './naive-parts.js';
import type { NaiveAttempt } from './naive-replies.js';

/** A worker, to tell those apart whose time comes at the same moment. */
export function workerName(place: string, service: { readonly name: string }): string {
  return `${place} ${service.name}`;
}

/** Connections and workers. */
export class NaiveRegistry extends NaiveDesk {
  connections: NaiveConnection[] = [];
  /** Workers whose connection is gone, and who may still have something to say. */
  protected lost: NaiveWorker[] = [];

  constructor(
    options: NaiveDesk['options'],
    full: NaiveDesk['full'],
    slow: NaiveDesk['slow'],
    readonly nonce: Frame,
  ) {
    super(options, full, slow);
  }

  connection(key: string, access: NaiveAccess): NaiveConnection {
    const known = this.connections.find((each) => each.key === key);
    if (known !== undefined) return known;
    const fresh = { strikes: 0, struckAt: 0, banned: false, allowance: undefined, allowedAt: 0 };
    const made = { key, access, ...fresh, silenced: [], peers: [] };
    this.connections.push(made);
    return made;
  }

  /** Whether anything would be lost if a connection were forgotten. */
  inUse(connection: NaiveConnection): boolean {
    return this.askedBy(connection).length > 0 || this.workersOn(connection).length > 0;
  }

  protected workersOn(connection: NaiveConnection): NaiveWorker[] {
    return this.workers.filter((worker) => worker.connection === connection);
  }

  protected workersOfPeer(peer: NaivePeer): NaiveWorker[] {
    return this.workers.filter((worker) => worker.peer === peer);
  }

  protected register(now: number, from: NaiveTarget, key: string, name: string, credit: number): boolean {
    const { dropped } = this.counters;
    const { connection, peer } = from;
    const { maxWorkers, maxWorkersPerConnection } = this.options;
    if (name.startsWith('mmi.')) dropped.unexpected++;
    else if (this.draining) dropped.draining++;
    else if (!names(connection.access.patterns, name)) dropped.forbidden++;
    else {
      const room = this.workers.length < maxWorkers && this.workersOn(connection).length < maxWorkersPerConnection;
      const service = room ? this.requireService(now, name) : undefined;
      if (service === undefined) dropped.tooManyWorkers++;
      else {
        const idle = { freeSince: undefined, latest: undefined, busySince: 0, beatsInJob: 0, lost: false };
        const life = peer ?? { heardAt: now };
        const worker = { ...from, service, life, credit, ...idle, beatsWhileBusy: peer !== undefined, retiring: false };
        this.workers.push(worker);
        connection.silenced.splice(0, Infinity, ...connection.silenced.filter((other) => other !== key));
        service.madeBy = undefined;
        this.counters.workersReady++;
        this.offer(now, worker);
        return true;
      }
    }
    return false;
  }

  protected silence({ silenced }: NaiveConnection, key: string): void {
    if (silenced.includes(key)) return;
    if (silenced.length >= this.options.maxWorkersPerConnection) silenced.shift();
    silenced.push(key);
  }

  protected refuse(to: NaiveTarget, key: string): void {
    if (this.say(to, 'disconnect', true)) this.counters.disconnectsSent++;
    else this.counters.dropped.slowReader++;
    this.silence(to.connection, key);
  }

  protected retired(now: number, worker: NaiveWorker, peer: NaivePeer): void {
    this.tell(peer, `ready ${worker.service.name} 0`);
    this.remove(now, worker, 'disconnect');
  }

  protected isIdle(worker: NaiveWorker): boolean {
    const held = worker.peer === undefined ? this.heldBy(worker) : this.attemptsOf(worker.peer);
    return held.length === 0;
  }

  protected dismiss(now: number, worker: NaiveWorker, reason: WorkerLossReason): void {
    const { peer, address } = worker;
    this.refuse(worker, peer === undefined ? address.join('/') : `mx ${address.join('/')}`);
    this.removeAll(now, peer === undefined ? [worker] : this.workersOfPeer(peer), reason);
  }

  /** A message could not be delivered. @param last - the attempt that it was to begin */
  unreachable(now: number, connection: NaiveConnection, last?: NaiveAttempt): void {
    for (const request of this.askedBy(connection)) this.giveUp(request, 'clientGone');
    connection.silenced.length = 0;
    if (last?.request.worker !== undefined && last.request.attempt === last.attempt) last.request.undelivered = true;
    for (const worker of this.workersOn(connection)) {
      if (worker.lost) continue;
      this.withhold(worker);
      this.lost.push(worker);
    }
    for (const worker of this.workersOn(connection)) {
      const held = this.heldBy(worker);
      if (held.length > 0 && held.every(({ undelivered }) => undelivered)) this.remove(now, worker, 'unreachable');
    }
  }

  drained(now: number, socket: number): void {
    const gone = this.lost.filter(({ connection }) => connection.access.socket === socket);
    this.lost = this.lost.filter((worker) => !gone.includes(worker));
    for (const worker of gone) this.remove(now, worker, 'unreachable');
  }

  relieved(now: number, connection: NaiveConnection): void {
    for (const request of this.askedBy(connection)) if (!request.queued) this.regrant(now, request, 0);
  }

  drain(now: number): void {
    this.draining = true;
    for (const service of this.services) this.refuseQueue(service, 503);
    for (const service of this.services) {
      for (const worker of this.freeOf(service)) {
        if (this.workers.includes(worker) && this.isIdle(worker)) this.dismiss(now, worker, 'stopped');
      }
    }
  }

  shutDown(now: number): void {
    this.draining = true;
    for (const service of this.services) this.refuseQueue(service, 503);
    for (const request of this.requests.toSorted((a, b) => a.attempt - b.attempt)) this.fail(request, 503);
    for (const worker of this.workers) if (this.workers.includes(worker)) this.dismiss(now, worker, 'stopped');
  }

  /** When a worker is taken for gone: one that does not beat while it works has longer. */
  protected workerExpiresAt(worker: NaiveWorker): number {
    const { heartbeatIntervalMs, heartbeatLiveness, busyWorkerTimeoutMs } = this.options;
    const { heardAt } = worker.life;
    if (this.heldBy(worker).length > 0 && !worker.beatsWhileBusy) {
      return Math.max(worker.busySince, heardAt) + busyWorkerTimeoutMs;
    }
    return heardAt + heartbeatIntervalMs * heartbeatLiveness;
  }

  /**
   * Time passes: what is due first is done first.
   *
   * @param first - of workers whose time comes at the same moment, the one whose {@link workerName} comes first here goes first
   */
  advance(from: number, until: number, first: readonly string[]): void {
    for (;;) {
      const rank = (worker: NaiveWorker): number => {
        const at = first.indexOf(workerName(placeOf(worker), worker.service));
        return at < 0 ? first.length : at;
      };
      const due = [
        ...this.workers.map((worker) => ({
          at: this.workerExpiresAt(worker),
          rank: rank(worker),
          then: (at: number) => {
            this.remove(at, worker, 'expired');
          },
        })),
        ...this.services.map((service) => ({
          at: this.expiresAt(service),
          rank: 0,
          then: () => {
            this.expireOldest(service);
          },
        })),
        ...this.waiting().map((request) => ({
          at: request.deadlineAt,
          rank: 0,
          then: () => {
            this.expireRequest(request);
          },
        })),
        ...this.stalled.map((request) => ({
          at: request.stalledAt + this.options.stalledStreamTimeoutMs,
          rank: 0,
          then: () => {
            this.tire(request);
          },
        })),
      ].sort((a, b) => a.at - b.at || a.rank - b.rank);
      const [next] = due;
      if (next === undefined || next.at > until) return;
      next.then(Math.max(from, next.at));
    }
  }
}
