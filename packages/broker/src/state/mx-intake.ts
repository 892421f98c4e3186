// SPDX-License-Identifier: Apache-2.0
// mx-intake - what the records of an MX message ask for, in the terms of the rules that hold for every wire

import type { MxReady, MxRecord, MxReply, MxRequest, MxSignal } from '@mdp/protocol';
import { encodeServiceName } from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { ClientReplies } from './client-replies.js';
import type { Dispatcher } from './dispatcher.js';
import type { MxPeer } from './mx-peer.js';
import type { Registry } from './registry.js';
import { packIdentity } from './request.js';
import type { Requests } from './requests.js';
import type { Sender, SignalTarget } from './sender.js';
import type { WorkerCommands } from './worker-commands.js';

/** The most requests that one worker is given at once for one service, whatever it says. */
export const MAX_CREDIT = 1024;

/** What {@link MxIntake} works with. */
export interface MxIntakeParts {
  readonly options: ResolvedBrokerOptions;
  readonly counters: BrokerCounters;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly sender: Sender;
  readonly replies: ClientReplies;
  readonly requests: Requests;
  readonly workerCommands: WorkerCommands;
}

/** Takes the records of MX peers. */
export class MxIntake {
  readonly #parts: MxIntakeParts;

  constructor(parts: MxIntakeParts) {
    this.#parts = parts;
  }

  receive(now: number, peer: MxPeer, records: readonly MxRecord[]): void {
    const { registry, counters } = this.#parts;
    const { role } = peer.connection.access;
    // MDP-B-36: whatever it says is a sign of life of all of its services.
    peer.life.heardAt = now;
    for (const record of records) {
      const fromClient = record.type === 'request' || record.type === 'cancel' || record.type === 'credit';
      if (role === (fromClient ? 'worker' : 'client')) {
        const place = { envelope: peer.envelope, dialect: 'mx' as const };
        if (record.type === 'ready') registry.reject(place, record.service, 'role');
        else counters.dropped.role++;
      } else this.#record(now, peer, record);
    }
  }

  #record(now: number, peer: MxPeer, record: MxRecord): void {
    switch (record.type) {
      case 'request':
        this.#request(now, peer, record);
        return;
      case 'cancel': {
        const request = peer.requests.get(record.id);
        if (request !== undefined) this.#parts.dispatcher.giveUp(request, 'cancelled');
        return;
      }
      case 'credit': {
        const request = peer.requests.get(record.id);
        if (request !== undefined) this.#parts.replies.granted(now, request, record.amount);
        return;
      }
      case 'ready':
        this.#ready(now, peer, record);
        return;
      default:
        if (peer.workers.size > 0) this.#fromWorker(now, peer, record);
        else this.#fromStranger(peer, record.type);
    }
  }

  #request(now: number, peer: MxPeer, { id, deadlineMs, service, body, identity: said }: MxRequest): void {
    const { counters, requests } = this.#parts;
    if (peer.requests.has(id)) {
      // Its replies could not be told from those of the other one.
      counters.dropped.unexpected++;
      return;
    }
    const { connection, envelope } = peer;
    const deadlineAt = deadlineMs === 0 ? Infinity : now + deadlineMs;
    const identity = said === undefined ? undefined : packIdentity(said);
    requests.submit(now, { connection, envelope, dialect: 'mx', mx: peer, id, deadlineAt, identity }, service, body);
  }

  #ready(now: number, peer: MxPeer, { service, credit }: MxReady): void {
    const { registry, sender, workerCommands } = this.#parts;
    let worker = peer.workers.get(service);
    if (worker?.lost === true) {
      // Its connection was gone: this is its successor, which has chosen the same routing id.
      registry.remove(now, worker, 'unreachable');
      worker = undefined;
    }
    if (credit === 0) {
      if (worker === undefined) sender.takenBack(peer, encodeServiceName(service));
      else registry.retire(now, worker);
      return;
    }
    const capped = Math.min(credit, MAX_CREDIT);
    if (worker !== undefined) {
      registry.changeCredit(now, worker, capped);
      return;
    }
    const { connection, key, envelope } = peer;
    const place = { connection, key: `${key} ${service}`, envelope, dialect: 'mx' as const, credit: capped, mx: peer };
    if (!workerCommands.register(now, place, service)) this.#sendAway(now, peer);
  }

  #fromWorker(now: number, peer: MxPeer, record: MxReply | MxSignal): void {
    const { counters, registry, workerCommands } = this.#parts;
    if (!('id' in record)) {
      if (record.type === 'heartbeat') return;
      // MDP-B-26: from here on it gets nothing.
      registry.silence(peer.connection, peer.key);
      registry.removeAll(now, [...peer.workers.values()], 'disconnect');
      return;
    }
    const request = peer.attempts.get(record.id);
    if (request?.worker === undefined) {
      counters.dropped.lateToken++;
      this.#sendAway(now, peer);
      return;
    }
    workerCommands.reply(now, request.worker, request, record.type, record.body);
  }

  /** MDP-B-25, MDP-B-28, MDP-B-44: DISCONNECT may come before READY; whatever else does is answered by DISCONNECT, once. */
  #fromStranger(peer: MxPeer, type: 'partial' | 'final' | 'heartbeat' | 'disconnect'): void {
    const { counters, registry } = this.#parts;
    if (peer.connection.silenced?.has(peer.key) === true) {
      counters.dropped.afterDisconnect++;
    } else if (type === 'disconnect') {
      registry.silence(peer.connection, peer.key);
    } else {
      counters.dropped.unexpected++;
      registry.refuse(peer.key, asTarget(peer));
    }
  }

  /** It said something at the wrong time: all of its services go, and it is told. */
  #sendAway(now: number, peer: MxPeer): void {
    const { registry } = this.#parts;
    registry.removeAll(now, [...peer.workers.values()], 'unexpected');
    registry.refuse(peer.key, asTarget(peer));
  }
}

function asTarget(peer: MxPeer): SignalTarget {
  return { connection: peer.connection, envelope: peer.envelope, dialect: 'mx', mx: peer };
}
