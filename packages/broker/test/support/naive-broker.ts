// SPDX-License-Identifier: Apache-2.0
// naive-broker - a broker as simple as can be, slow and without sockets: it tells what the real one must do

import type {
  BrokerInbound,
  Frame,
  InvalidMessage,
  MxBatch,
  MxInvalid,
  MxRecord,
  MxRequest,
  WorkerReply,
} from '@mdp/protocol';
import { encodeMxAnswer, text } from '@mdp/protocol';
import type { PeerDialect } from '../../src/events.js';
import type {
  NaiveConnection,
  NaivePeer,
  NaiveRequest,
  NaiveService,
  NaiveTarget,
  NaiveWorker,
  Standing,
} from './naive-parts.js';
import { inOrder, names, tokenName } from './naive-parts.js';
import { NaiveRegistry } from './naive-registry.js';

function saidOf({ identity }: MxRequest): NaiveRequest['said'] {
  return identity === undefined
    ? undefined
    : { attempts: identity.attempts, key: Buffer.from(identity.key).toString() };
}

/** What is answered to everybody, with nothing in it that is not seen. */
const OPEN_MMI = ['mmi.service', 'mmi.services', 'mmi.mx'];

/** One strike is forgiven for each minute without another. */
const FORGIVE_MS = 60_000;

/** What the broker under test is asked as well, in the same words and at the same times. */
export class NaiveBroker extends NaiveRegistry {
  #isHeard({ banned }: NaiveConnection): boolean {
    this.counters.received++;
    if (banned) this.counters.dropped.banned++;
    return !banned;
  }

  receive(now: number, connection: NaiveConnection, message: BrokerInbound | InvalidMessage): void {
    const { role } = connection.access;
    if (!this.#isHeard(connection)) return;
    if (message.type === 'invalid') {
      this.#strike(now, connection);
      return;
    }
    const address = message.address.map((frame) => text(frame) ?? '?');
    const from = { connection, address, dialect: message.dialect as PeerDialect, peer: undefined };
    if (message.type === 'request') {
      if (role === 'worker' && message.service !== 'mmi.mx') this.counters.dropped.role++;
      else
        this.#ask(now, { ...from, id: 0, deadlineAt: Infinity, said: undefined, body: message.body }, message.service);
    } else if (role === 'client') this.counters.dropped.role++;
    else this.#strict(now, from, message);
  }

  receiveMx(now: number, connection: NaiveConnection, address: string[], message: MxBatch | MxInvalid): void {
    if (!this.#isHeard(connection)) return;
    if (message.type === 'invalid') {
      this.#strike(now, connection);
      return;
    }
    const peer = this.#peer(now, connection, address);
    if (peer === undefined) {
      this.counters.dropped.tooManyConnections++;
      return;
    }
    peer.heardAt = now;
    for (const record of message.records) this.#mx(now, peer, record);
  }

  /** The MX peer at an address; behind a proxy there are only so many, and who is idle makes room. */
  #peer(now: number, connection: NaiveConnection, address: string[]): NaivePeer | undefined {
    const known = connection.peers.find((peer) => peer.address.join('/') === address.join('/'));
    if (known !== undefined) return known;
    const behind = connection.peers.filter((peer) => peer.address.length > 0);
    if (address.length > 0 && behind.length >= this.options.maxWorkersPerConnection) {
      const idle = behind.find(
        (peer) =>
          this.workersOfPeer(peer).length === 0 &&
          this.attemptsOf(peer).length === 0 &&
          !this.requests.some((request) => request.peer === peer && this.open(request)),
      );
      if (idle === undefined) return undefined;
      connection.peers.splice(connection.peers.indexOf(idle), 1);
    }
    const peer = { connection, address, heardAt: now, lastId: 0 };
    connection.peers.push(peer);
    return peer;
  }

  /** A message of far too many frames: nothing more is read after it. */
  overframed(now: number, connection: NaiveConnection): void {
    if (!this.#isHeard(connection)) return;
    connection.strikes = Math.max(connection.strikes, this.options.maxStrikes - 1);
    connection.struckAt = now;
    this.#strike(now, connection);
  }

  #strike(now: number, connection: NaiveConnection): void {
    this.counters.dropped.invalid++;
    const forgiven = Math.floor((now - connection.struckAt) / FORGIVE_MS);
    connection.strikes = Math.max(0, connection.strikes - forgiven) + 1;
    connection.struckAt = now;
    connection.banned = connection.strikes >= this.options.maxStrikes;
    const workers = this.workersOn(connection);
    const [first] = workers;
    const one = workers.length === 1 || (first?.peer !== undefined && workers.every(({ peer }) => peer === first.peer));
    if (connection.banned || one) this.removeAll(now, workers, 'invalid');
  }

  #ask(now: number, from: Parameters<NaiveRegistry['submit']>[1], name: string): void {
    const { connection } = from;
    const { patterns } = connection.access;
    const target = { ...from, service: { name } };
    this.counters.requests++;
    if (!names(patterns, name) && !OPEN_MMI.includes(name)) this.error(target, 403);
    else if (!this.#mayAsk(now, connection)) this.error(target, 429);
    else if (name.startsWith('mmi.')) {
      this.counters.mmi++;
      this.result(target, this.#mmi(now, connection, name, from.body));
    } else if (this.draining) this.error(target, 503);
    else this.submit(now, from, name);
  }

  #mayAsk(now: number, connection: NaiveConnection): boolean {
    const { maxRequestsPerSecond: most } = this.options;
    if (most === 0) return true;
    const gained = ((now - connection.allowedAt) / 1000) * most;
    const allowance = Math.min(most, (connection.allowance ?? most) + gained);
    connection.allowedAt = now;
    connection.allowance = allowance < 1 ? allowance : allowance - 1;
    return allowance >= 1;
  }

  #mmi(now: number, { access }: NaiveConnection, name: string, body: readonly Frame[]): Frame[] {
    const seen = this.services.filter((service) => names(access.patterns, service.name));
    if (name === 'mmi.mx') return encodeMxAnswer(Math.max(1, this.options.maxQueuedPerClient));
    if (name === 'mmi.broker') return [Buffer.from('200'), Buffer.from('{"about":"this broker"}')];
    if (name === 'mmi.services')
      return [Buffer.from('200'), Buffer.from(inOrder(seen.map((each) => this.state(now, each))))];
    if (name !== 'mmi.service') return [Buffer.from('501')];
    const asked = Buffer.from(body[0] ?? []).toString();
    const found = seen.some((service) => service.name === asked && this.workersOf(service).length > 0);
    return [Buffer.from(found ? '200' : '404')];
  }

  /** A service as MMI tells of it. */
  state(now: number, service: NaiveService): Standing {
    const { name, arrivals } = service;
    const workers = this.workersOf(service).length;
    const waiting = this.freeOf(service).length;
    const oldestMs = arrivals[0] === undefined ? 0 : Math.round(now - arrivals[0].queuedAt);
    return { name, workers, waiting, busy: workers - waiting, queued: arrivals.length, oldestMs };
  }

  #strict(now: number, from: NaiveTarget, message: Exclude<BrokerInbound, { type: 'request' }>): void {
    const { connection, address } = from;
    const { dropped } = this.counters;
    const key = address.join('/');
    const worker = this.workersOn(connection).find((each) => each.peer === undefined && each.address.join('/') === key);
    if (message.type === 'ready') {
      if (worker?.lost === true) this.remove(now, worker, 'unreachable');
      else if (worker !== undefined) {
        this.remove(now, worker, 'unexpected');
        dropped.unexpected++;
        this.refuse(from, key);
        return;
      }
      if (!this.register(now, from, key, message.service, 1)) this.refuse(from, key);
    } else if (connection.silenced.includes(key)) dropped.afterDisconnect++;
    else if (worker === undefined) {
      if (message.type === 'disconnect') this.silence(connection, key);
      else {
        if ('token' in message) this.#countStray(message.token);
        else dropped.unexpected++;
        this.refuse(from, key);
      }
    } else {
      worker.life.heardAt = now;
      if ('token' in message) this.#strictReply(now, worker, message);
      else if (message.type === 'disconnect') {
        this.silence(connection, key);
        this.remove(now, worker, 'disconnect');
      } else if (worker.latest !== undefined && ++worker.beatsInJob >= 2) worker.beatsWhileBusy = true;
    }
  }

  #strictReply(now: number, worker: NaiveWorker, { type, token, body }: WorkerReply): void {
    if (worker.latest?.token === tokenName(token, this.nonce)) {
      this.#reply(now, worker, worker.latest, type, body);
      return;
    }
    this.#countStray(token);
    this.remove(now, worker, 'unexpected');
    this.refuse(worker, worker.address.join('/'));
  }

  #mx(now: number, peer: NaivePeer, record: MxRecord): void {
    const { connection, address } = peer;
    const { dropped } = this.counters;
    const from = { connection, address, dialect: 'mx' as const, peer };
    const fromClient = record.type === 'request' || record.type === 'cancel' || record.type === 'credit';
    if (connection.access.role === (fromClient ? 'worker' : 'client')) {
      dropped.role++;
      return;
    }
    const own = this.requests.find(
      (request) => request.peer === peer && this.open(request) && 'id' in record && request.id === record.id,
    );
    if (record.type === 'request') {
      const deadlineAt = record.deadlineMs === 0 ? Infinity : now + record.deadlineMs;
      if (own !== undefined) dropped.unexpected++;
      else
        this.#ask(now, { ...from, id: record.id, deadlineAt, said: saidOf(record), body: record.body }, record.service);
    } else if (record.type === 'cancel') {
      if (own !== undefined) this.giveUp(own, 'cancelled');
    } else if (record.type === 'credit') {
      if (own !== undefined) this.granted(now, own, record.amount);
    } else if (record.type === 'ready') this.#mxReady(now, from, peer, record.service, record.credit);
    else this.#mxWorker(now, from, peer, record);
  }

  #mxReady(now: number, from: NaiveTarget, peer: NaivePeer, name: string, credit: number): void {
    let worker = this.workersOfPeer(peer).find(({ service }) => service.name === name);
    if (worker?.lost === true) {
      this.remove(now, worker, 'unreachable');
      worker = undefined;
    }
    if (worker === undefined && credit === 0) this.tell(peer, `ready ${name} 0`);
    else if (worker === undefined) {
      if (!this.register(now, from, `mx ${from.address.join('/')}`, name, Math.min(1024, credit)))
        this.#sendAway(now, from, peer);
    } else if (credit === 0) {
      worker.retiring = true;
      this.offer(now, worker);
      if (this.heldBy(worker).length === 0) this.retired(now, worker, peer);
    } else {
      worker.credit = Math.min(1024, credit);
      worker.retiring = false;
      this.offer(now, worker);
    }
  }

  #mxWorker(
    now: number,
    from: NaiveTarget,
    peer: NaivePeer,
    record: Extract<MxRecord, { type: 'partial' | 'final' | 'heartbeat' | 'disconnect' }>,
  ): void {
    const { connection } = from;
    const { dropped } = this.counters;
    const key = `mx ${from.address.join('/')}`;
    const workers = this.workersOfPeer(peer);
    if (workers.length === 0) {
      if (connection.silenced.includes(key)) dropped.afterDisconnect++;
      else if (record.type === 'disconnect') this.silence(connection, key);
      else {
        dropped.unexpected++;
        this.refuse(from, key);
      }
    } else if (record.type === 'disconnect') {
      this.silence(connection, key);
      this.removeAll(now, workers, 'disconnect');
    } else if ('id' in record) {
      const request = this.attemptsOf(peer).find(({ token }) => token === `#${String(record.id)}`);
      if (request?.worker === undefined) {
        dropped.lateToken++;
        this.#sendAway(now, from, peer);
      } else this.#reply(now, request.worker, request, record.type, record.body);
    }
  }

  #sendAway(now: number, from: NaiveTarget, peer: NaivePeer): void {
    this.removeAll(now, this.workersOfPeer(peer), 'unexpected');
    this.refuse(from, `mx ${from.address.join('/')}`);
  }

  #reply(
    now: number,
    worker: NaiveWorker,
    request: NaiveRequest,
    type: 'partial' | 'final',
    body: readonly Frame[],
  ): void {
    if (type === 'final') this.takeBack(request);
    this.fromHolder(now, request, type, body);
    if (type === 'partial' || worker.lost || !this.workers.includes(worker)) return;
    if (worker.retiring) {
      if (this.heldBy(worker).length === 0 && worker.peer !== undefined) this.retired(now, worker, worker.peer);
    } else if (this.draining && worker.service.arrivals.length === 0) {
      if (this.isIdle(worker)) this.dismiss(now, worker, 'stopped');
    } else this.offer(now, worker);
  }

  #countStray(token: Frame): void {
    const { dropped } = this.counters;
    const name = tokenName(token, this.nonce);
    if (name === 'foreign') dropped.foreignToken++;
    else if (Number(name.slice(1)) >= 1 && Number(name.slice(1)) <= this.tokens) dropped.lateToken++;
    else dropped.forgedToken++;
  }
}
