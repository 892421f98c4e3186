// SPDX-License-Identifier: Apache-2.0
// request - one request of a client, from its arrival to its one end

import type { Dialect, Frame } from '@mdp/protocol';
import type { Connection } from './connection.js';
import { addressKey } from './connection.js';
import { Link } from './linked-list.js';
import { compactFrame, memoryBytes } from './memory.js';
import type { Service } from './service.js';

/**
 * A request.
 *
 * ```text
 *               +----------- recovered -----------+
 *               v                                 |
 *   arrives -> queued -> running (one worker) ----+--> ended: FINAL or error, exactly once
 *               |             |
 *               +-------------+--> closed: the client is gone, or its stream was broken off;
 *                                  what its worker still sends is dropped and counted
 * ```
 */
export class Request {
  /** The bytes that its envelope and body take while it waits: {@link memoryBytes}. */
  readonly bytes: number;
  /** How often it was given to a worker. */
  attempts = 0;
  /** How often a worker gave it back with DISCONNECT; that does not count as an attempt. */
  handovers = 0;
  /** Whether a part of the reply has gone out: then it is never repeated. */
  begun = false;
  /** Why nothing more goes to the client; `undefined` while the client waits. */
  closedBy: 'ended' | 'clientGone' | undefined;
  /** For MDP/0.1 clients, which take one reply only: the parts so far. */
  joined: Frame[] | undefined;
  /** Bytes in {@link joined}. */
  joinedBytes = 0;
  /** When it was last put into the queue. */
  queuedAt = 0;
  /** Its place among the waiting requests of its client. */
  readonly turnLink = new Link<Request>(this);
  /** Its place among all waiting requests of the service, oldest first. */
  readonly arrivalLink = new Link<Request>(this);
  /** Its place among the waiting, or the running, requests of its connection. */
  readonly connectionLink = new Link<Request>(this);

  /**
   * @param envelope - the routing id and the address: what goes in front of each reply
   * @param body - one or more frames
   */
  constructor(
    readonly connection: Connection,
    public envelope: readonly Frame[],
    readonly dialect: Dialect,
    readonly service: Service,
    public body: readonly Frame[],
  ) {
    this.bytes = memoryBytes(envelope) + memoryBytes(body);
  }

  /** Who takes turns: the connection itself, or a logical client behind it. */
  get clientKey(): unknown {
    const { envelope } = this;
    if (envelope.length === 1 || (envelope.length === 2 && envelope[1]?.length === 0)) return this.connection;
    return `${String(this.connection.socket)} ${addressKey(envelope)}`;
  }

  /** Copy the small frames before they wait for long. */
  compact(): void {
    this.envelope = this.envelope.map(compactFrame);
    this.body = this.body.map(compactFrame);
  }
}
