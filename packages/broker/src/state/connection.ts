// SPDX-License-Identifier: Apache-2.0
// connection - one ZeroMQ peer of a ROUTER socket, and the table of all of them

import type { Frame } from '@mdp/protocol';
import { EMPTY_FRAME, ownFrames } from '@mdp/protocol';
import { clientOf } from '@mdp/protocol/internal';
import type { Line } from '../outbox.js';
import type { Access } from './access.js';
import { Link, LinkedList } from './linked-list.js';
import { MxPeer } from './mx-peer.js';
import { frameText } from './packed.js';
import { PendingBytes } from './pending-bytes.js';
import type { Request } from './request.js';
import type { Worker } from './worker.js';

/**
 * A connection: frame 0 of what it sends. Quotas, strikes and unreachability act on it. Behind it may be one peer, or
 * many logical ones when it is a proxy.
 */
export class Connection {
  /** When something came from it last. */
  seenAt = 0;
  /** Invalid messages so far, but for those that were forgiven. */
  strikes = 0;
  /** When the last one came, or was forgiven. */
  struckAt = 0;
  /** Too many strikes: nothing from it is read any more. */
  banned = false;
  /** The bytes that its requests take which have not ended. */
  pendingBytes = 0;
  /** Services that exist because of requests of it that wait. */
  servicesMade = 0;
  /** How many requests it may make at once, at {@link allowedAt}; `undefined` until that was looked at. */
  allowance: number | undefined;
  allowedAt = 0;
  /** Requests of it that wait for a worker. */
  readonly queued = new LinkedList<Request>();
  /** Requests of it that do not wait any more and have not ended: workers hold them, or their replies are on their way. */
  readonly running = new LinkedList<Request>();
  /** The workers behind it, by {@link addressKey}; those of an MX peer by its key and their service. */
  readonly workers = new Map<string, Worker>();
  /** The peer that speaks MX on it, unless it is a proxy. */
  #mx: MxPeer | undefined;
  /** The peers behind it that speak MX, when it is a proxy; the one that was made first comes first. */
  #mxPeers: Map<string, MxPeer> | undefined;
  #envelope: readonly Frame[] | undefined;
  #delimited: readonly Frame[] | undefined;
  /** Addresses behind it that were told DISCONNECT, or said it: they get nothing any more, until a READY. */
  silenced: Set<string> | undefined;
  /** The port's: how it sends to this connection; `undefined` until it does. */
  line: Line | undefined;
  readonly link = new Link<Connection>(this);
  /** Whose turn its requests take: its own, or that of its client, which may have many connections. */
  readonly turn: unknown;

  /**
   * @param socket - index of the socket that it is a peer of
   * @param access - what may be done on that socket
   * @param key - the routing id, as a string
   * @param routingId - the routing id, as it goes in front of what is sent
   * @param pending - the requests of all
   */
  constructor(
    readonly socket: number,
    readonly access: Access,
    readonly key: string,
    readonly routingId: Frame,
    readonly pending = new PendingBytes(),
  ) {
    const client = clientOf(routingId);
    this.turn = client === routingId ? this : `${String(socket)} ${frameText(client)}`;
  }

  /**
   * Whether it may make another request now. So many a second are allowed, and after a pause as many at once.
   *
   * @param perSecond - 0: any number
   */
  mayAsk(now: number, perSecond: number): boolean {
    if (perSecond === 0) return true;
    const gained = ((now - this.allowedAt) / 1000) * perSecond;
    this.allowance = Math.min(perSecond, (this.allowance ?? perSecond) + gained);
    this.allowedAt = now;
    if (this.allowance < 1) return false;
    this.allowance--;
    return true;
  }

  /**
   * The peer that speaks MX at an address, made when it is new.
   *
   * @param most - how many there may be behind a proxy
   * @returns `undefined` when it is new and there are too many that are in use
   */
  mxPeer(now: number, address: readonly Frame[], most: number): MxPeer | undefined {
    if (address.length === 0) return (this.#mx ??= new MxPeer(this, mxKey(''), this.envelopeOf(address), now));
    const peers = (this.#mxPeers ??= new Map<string, MxPeer>());
    const key = mxKey(addressKey(address));
    let peer = peers.get(key);
    if (peer === undefined) {
      if (peers.size >= most) {
        for (const [old, { inUse }] of peers) {
          if (inUse) continue;
          peers.delete(old);
          break;
        }
      }
      if (peers.size >= most) return undefined;
      peer = new MxPeer(this, key, this.envelopeOf(address), now);
      peers.set(key, peer);
    }
    return peer;
  }

  /**
   * What goes in front of all that is said to an address here (MDP-B-05), frame for frame. Those of a peer of its own,
   * without and with the empty frame, are made once, and not for each request.
   */
  envelopeOf(address: readonly Frame[]): readonly Frame[] {
    if (address.length === 0) return (this.#envelope ??= [this.routingId]);
    if (address.length === 1 && address[0]?.length === 0) return (this.#delimited ??= [this.routingId, EMPTY_FRAME]);
    return [this.routingId, ...ownFrames(address)];
  }

  /** Whether anything would be lost if it were forgotten. */
  get inUse(): boolean {
    if (this.workers.size > 0 || this.running.size > 0 || this.queued.size > 0) return true;
    return this.line !== undefined && (this.line.outbox !== undefined || this.line.sending !== undefined);
  }
}

/** The key of an MX peer, different from every {@link addressKey}. */
function mxKey(key: string): string {
  return `mx ${key}`;
}

/** A string for the frames of an address, different for different addresses. */
export function addressKey(address: readonly Frame[]): string {
  if (address.length === 0) return '';
  let key = '';
  for (const frame of address) key += `${String(frame.length)}:${frameText(frame)}`;
  return key;
}

/** The most addresses that are remembered to have been told DISCONNECT, in all; the longest takes some 2 KiB. */
const MAX_SILENCED = 20_000;

/**
 * How many connections in use are passed over to find one that is not. The next search begins where this one ended, so
 * that a table full of connections in use costs each newcomer some microseconds, and none is never looked at.
 */
const FORGET_AMONG = 512;

/** All connections that are remembered, in the order in which they were last heard of. */
export class ConnectionTable {
  readonly #sockets: Map<string, Connection>[] = [];
  readonly #bySilence = new LinkedList<Connection>();
  readonly #max: number;
  /** What the requests of all take. */
  readonly pending: PendingBytes;
  #silenced = 0;

  /**
   * @param max - the most connections that are remembered
   * @param pending - what their requests may take
   */
  constructor(max: number, pending = new PendingBytes()) {
    this.#max = max;
    this.pending = pending;
  }

  get size(): number {
    return this.#bySilence.size;
  }

  /**
   * Remember that an address gets nothing any more.
   *
   * Bounded for each connection, where the oldest is forgotten, and in all, where nothing is added: who is forgotten is
   * told DISCONNECT once more if it goes on.
   *
   * @param max - the most for one connection
   */
  silence(connection: Connection, key: string, max: number): void {
    const silenced = (connection.silenced ??= new Set());
    if (silenced.has(key)) return;
    if (silenced.size >= max) {
      for (const oldest of silenced) {
        this.unsilence(connection, oldest);
        break;
      }
    }
    if (this.#silenced >= MAX_SILENCED) return;
    silenced.add(key);
    this.#silenced++;
  }

  /** Forget that an address gets nothing; all of the connection's without a key. */
  unsilence(connection: Connection, key?: string): void {
    const { silenced } = connection;
    if (silenced === undefined) return;
    if (key === undefined) {
      this.#silenced -= silenced.size;
      connection.silenced = undefined;
    } else if (silenced.delete(key)) this.#silenced--;
  }

  /**
   * The connection with this routing id, made when it is new.
   *
   * @returns `undefined` when it is new and there are too many that are in use
   */
  require(now: number, socket: number, access: Access, routingId: Frame): Connection | undefined {
    const table = (this.#sockets[socket] ??= new Map<string, Connection>());
    const key = frameText(routingId);
    let connection = table.get(key);
    if (connection === undefined) {
      if (this.#bySilence.size >= this.#max && !this.#forgetOne()) return undefined;
      connection = new Connection(socket, access, key, routingId, this.pending);
      table.set(key, connection);
    } else {
      this.#bySilence.remove(connection.link);
    }
    connection.seenAt = now;
    this.#bySilence.append(connection.link);
    return connection;
  }

  /** Forget a connection. What is in use must have been ended before. */
  delete(connection: Connection): void {
    this.unsilence(connection);
    this.#bySilence.remove(connection.link);
    this.#sockets[connection.socket]?.delete(connection.key);
  }

  /**
   * Forget what was silent since `before` and is not in use.
   *
   * @param most - look at no more than so many
   * @returns whether there is more to sweep
   */
  sweep(before: number, most: number): boolean {
    for (let i = 0; i < most; i++) {
      const oldest = this.#bySilence.first;
      if (oldest === undefined || oldest.seenAt >= before) return false;
      if (oldest.inUse) {
        this.#bySilence.remove(oldest.link);
        this.#bySilence.append(oldest.link);
        oldest.seenAt = before;
      } else {
        this.delete(oldest);
      }
    }
    return true;
  }

  /** Make room for one: the one that was silent for longest, among those that are not in use. */
  #forgetOne(): boolean {
    for (let i = 0; i < FORGET_AMONG; i++) {
      const oldest = this.#bySilence.first;
      if (oldest === undefined) return false;
      if (!oldest.inUse) {
        this.delete(oldest);
        return true;
      }
      this.#bySilence.remove(oldest.link);
      this.#bySilence.append(oldest.link);
    }
    return false;
  }

  /** All of them. */
  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#bySilence[Symbol.iterator]();
  }
}
