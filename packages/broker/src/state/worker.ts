// SPDX-License-Identifier: Apache-2.0
// worker - one registered worker, as the broker sees it

import type { Frame } from '@mdp/protocol';
import type { Deadline } from '@mdp/protocol/internal';
import type { PeerDialect } from '../events.js';
import type { Connection } from './connection.js';
import { Link, LinkedList } from './linked-list.js';
import type { MxPeer } from './mx-peer.js';
import type { Request } from './request.js';
import type { Service } from './service.js';

/** How many HEARTBEATs in one job show that a worker beats while it is busy: one alone may merely have crossed the REQUEST. */
const BEATS_THAT_PROVE = 2;

/** When a peer was heard and spoken to last. All services on one MX connection share it. */
export interface Life {
  /** When something came from it last. */
  heardAt: number;
  /** When something was sent to it last. */
  sentAt: number;
}

/** What is known of a worker when it says READY. */
export interface WorkerPlace {
  readonly connection: Connection;
  /** Its key in `connection.workers`. */
  readonly key: string;
  /** The routing id and the address of its READY: what goes in front of all that is sent to it. */
  readonly envelope: readonly Frame[];
  readonly dialect: PeerDialect;
  /** How many requests it takes at once: 1 in the dialects of RFC 18 and RFC 7 (MDP-B-42). */
  readonly credit: number;
  /** Where its records are gathered, when it speaks MX. */
  readonly mx: MxPeer | undefined;
}

/**
 * A worker that is registered for one service.
 *
 * ```text
 *   READY -> free (holds fewer requests than its credit) <-> full
 *              |                                              |
 *              +----------------------------------------------+--> removed: DISCONNECT, expiry, connection gone, misbehaviour
 * ```
 */
export class Worker implements Deadline {
  heapIndex = -1;
  readonly connection: Connection;
  readonly key: string;
  readonly envelope: readonly Frame[];
  readonly dialect: PeerDialect;
  readonly mx: MxPeer | undefined;
  /** How many requests it takes at once. */
  credit: number;
  /** The requests that it holds. */
  readonly held = new LinkedList<Request>();
  /** The one that it was given last, while it holds it: in the dialects of RFC 18 the only one. */
  latest: Request | undefined;
  /** Since when it holds something. */
  busySince = 0;
  /** HEARTBEATs during the job that it holds. */
  beatsInJob = 0;
  /** Whether it was seen to beat while it is busy; legacy workers do not, MX workers always do. */
  beatsWhileBusy: boolean;
  readonly life: Life;
  /** It is given nothing more: its connection is gone, and it is removed when what it had sent before is read. */
  lost = false;
  /** It has taken its service back: it is given nothing more, and goes when it has ended what it holds. */
  retiring = false;
  /** Still registered. */
  registered = true;
  /** When it registered. */
  readonly since: number;
  /** Its place among the workers of its service that have room for a request. */
  readonly freeLink = new Link<Worker>(this);
  /** Its place among the workers that hold something. */
  readonly busyLink = new Link<Worker>(this);

  constructor(
    place: WorkerPlace,
    readonly service: Service,
    now: number,
  ) {
    this.connection = place.connection;
    this.key = place.key;
    this.envelope = place.envelope;
    this.dialect = place.dialect;
    this.credit = place.credit;
    this.mx = place.mx;
    this.since = now;
    this.life = place.mx?.life ?? { heardAt: now, sentAt: now };
    this.beatsWhileBusy = place.mx !== undefined;
  }

  /** Whether it may be given another request. */
  get hasRoom(): boolean {
    return this.held.size < this.credit && !this.lost && !this.retiring;
  }

  /** A HEARTBEAT came. */
  beat(): void {
    if (this.held.size > 0 && ++this.beatsInJob >= BEATS_THAT_PROVE) this.beatsWhileBusy = true;
  }

  /**
   * When it is taken for disconnected, unless something comes before.
   *
   * A busy worker that never beats during a job is held to the busy timeout: it may be single-threaded. PARTIALs are
   * signs of life there too (MDP-B-36).
   */
  expiresAt(expiryMs: number, busyTimeoutMs: number): number {
    const { heardAt } = this.life;
    if (this.held.size > 0 && !this.beatsWhileBusy) return Math.max(this.busySince, heardAt) + busyTimeoutMs;
    return heardAt + expiryMs;
  }
}
