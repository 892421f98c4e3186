// SPDX-License-Identifier: Apache-2.0
// worker-commands - what a worker of RFC 18 or RFC 7 says, and what every reply does, whatever wire it came on

import type { Frame, WorkerReady, WorkerReply, WorkerSignal } from '@mdp/protocol';
import { sameFrame } from '@mdp/protocol';
import type { BrokerCounters } from '../stats.js';
import type { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import { addressKey } from './connection.js';
import type { Dispatcher } from './dispatcher.js';
import { isMmi } from './mmi.js';
import type { Registry } from './registry.js';
import type { Request } from './request.js';
import type { Worker, WorkerPlace } from './worker.js';

/** What {@link WorkerCommands} works with. */
export interface WorkerCommandsParts {
  readonly counters: BrokerCounters;
  readonly replies: ClientReplies;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
}

/** Takes the commands of workers. */
export class WorkerCommands {
  readonly #parts: WorkerCommandsParts;

  constructor(parts: WorkerCommandsParts) {
    this.#parts = parts;
  }

  /** A command of a worker that speaks a strict dialect. */
  receive(now: number, connection: Connection, message: WorkerReady | WorkerReply | WorkerSignal): void {
    const { counters, registry } = this.#parts;
    const { dialect, address } = message;
    const key = addressKey(address);
    const worker = connection.workers.get(key);
    if (message.type === 'ready') {
      this.#ready(now, connection, key, worker, message);
      return;
    }
    if (connection.silenced?.has(key) === true) {
      counters.dropped.afterDisconnect++;
      return;
    }
    if (worker === undefined) {
      // MDP-B-25: a worker may say DISCONNECT before READY; anything else is valid but unexpected (MDP-B-28, MDP-B-35,
      // and MDP-B-44: so the workers of a broker that was restarted learn of it).
      if (message.type === 'disconnect') {
        registry.silence(connection, key);
        return;
      }
      if ('token' in message) this.#countStray(message.token);
      else counters.dropped.unexpected++;
      registry.refuse(key, { connection, envelope: connection.envelopeOf(address), dialect, mx: undefined });
      return;
    }
    // MDP-B-36: whatever it says is a sign of life.
    worker.life.heardAt = now;
    switch (message.type) {
      case 'final':
      case 'partial':
        this.#strictReply(now, worker, message);
        return;
      case 'heartbeat':
        worker.beat();
        return;
      case 'disconnect':
        // MDP-B-26: from here on it gets nothing.
        registry.silence(connection, key);
        registry.remove(now, worker, 'disconnect');
        return;
    }
  }

  #ready(now: number, connection: Connection, key: string, known: Worker | undefined, message: WorkerReady): void {
    const { counters, registry } = this.#parts;
    const { dialect, address } = message;
    const envelope = connection.envelopeOf(address);
    const place = { connection, key, envelope, dialect, credit: 1, mx: undefined };
    if (known?.lost === true) {
      // Its connection was gone: this is its successor, which has chosen the same routing id.
      registry.remove(now, known, 'unreachable');
      known = undefined;
    }
    if (known !== undefined) {
      // MDP-B-21, MDP-B-23: a second READY is unexpected, for whatever service.
      registry.remove(now, known, 'unexpected');
      counters.dropped.unexpected++;
    } else if (this.register(now, place, message.service)) return;
    registry.refuse(key, place);
  }

  /**
   * READY of somebody who is not registered. MMI-02: nobody registers an mmi. service. Nobody registers while the broker
   * stops, and nobody what is not named for its endpoint.
   *
   * @returns false when it may not be; that is counted and told, and DISCONNECT is due
   */
  register(now: number, place: WorkerPlace, service: string): boolean {
    const { registry } = this.#parts;
    if (isMmi(service)) registry.reject(place, service, 'unexpected');
    else if (registry.draining) registry.reject(place, service, 'draining');
    else if (!place.connection.access.sees(service)) registry.reject(place, service, 'forbidden');
    else if (registry.register(now, place, service)) return true;
    else registry.reject(place, service, 'tooManyWorkers');
    return false;
  }

  /** PARTIAL or FINAL: passed on only from the worker that holds the attempt that it names (MDP-B-11, MDP-B-12). */
  #strictReply(now: number, worker: Worker, { type, token, body }: WorkerReply): void {
    const { registry } = this.#parts;
    const request = worker.latest;
    if (request?.token === undefined || !sameFrame(request.token, token)) {
      this.#countStray(token);
      registry.remove(now, worker, 'unexpected');
      registry.refuse(worker.key, worker);
      return;
    }
    this.reply(now, worker, request, type, body);
  }

  /** PARTIAL or FINAL of the worker that holds this request. */
  reply(now: number, worker: Worker, request: Request, type: 'partial' | 'final', body: readonly Frame[]): void {
    const { replies, dispatcher, registry } = this.#parts;
    if (type === 'partial') {
      replies.partial(now, request, body);
      return;
    }
    dispatcher.takeBack(request);
    if (request.closedBy === undefined) request.service.counts.work.add(now - request.since);
    replies.final(request, body);
    registry.release(now, worker);
  }

  #countStray(token: Frame): void {
    const kind = this.#parts.dispatcher.mint.classify(token);
    const { dropped } = this.#parts.counters;
    if (kind === 'foreign') dropped.foreignToken++;
    else if (kind === 'late') dropped.lateToken++;
    else dropped.forgedToken++;
  }
}
