// SPDX-License-Identifier: Apache-2.0
// worker - one registered worker, as the broker sees it

import type { Dialect, Frame } from '@mdp/protocol';
import { encodeSignal } from '@mdp/protocol';
import type { Connection } from './connection.js';
import type { Deadline } from '@mdp/protocol/internal';
import { Link } from './linked-list.js';
import type { Request } from './request.js';
import type { Service } from './service.js';

/** How many HEARTBEATs in one job show that a worker beats while it is busy: one alone may merely have crossed the REQUEST. */
const BEATS_THAT_PROVE = 2;

/**
 * A worker that is registered.
 *
 * ```text
 *   READY -> waiting <-> busy (holds exactly one request)
 *              |           |
 *              +-----------+--> removed: DISCONNECT, expiry, connection gone, misbehaviour
 * ```
 */
export class Worker implements Deadline {
  dueAt = 0;
  heapIndex = -1;
  /** The request that it holds; `undefined` while it waits. */
  request: Request | undefined;
  /** The token of the attempt that it holds. */
  token: Frame | undefined;
  /** The very message that carried the REQUEST, to know it again if it could not be delivered. */
  dispatchedFrames: readonly Frame[] | undefined;
  /** Since when it is busy. */
  busySince = 0;
  /** HEARTBEATs during the job that it holds. */
  beatsInJob = 0;
  /** Whether it was seen to beat while it is busy; legacy workers do not. */
  beatsWhileBusy = false;
  /** When something came from it last. */
  heardAt: number;
  /** When something was sent to it last. */
  sentAt: number;
  /** It is given nothing more: its connection is gone, and it is removed when what it had sent before is read. */
  lost = false;
  /** Still registered. */
  registered = true;
  /** Its place in the waiting list of its service, or in the list of the busy ones. */
  readonly link = new Link<Worker>(this);
  /** HEARTBEAT to it, made once. */
  readonly heartbeat: Frame[];

  /**
   * @param addressKey - its key in `connection.workers`
   * @param envelope - the routing id and the address of its READY: what goes in front of all that is sent to it
   */
  constructor(
    readonly connection: Connection,
    readonly addressKey: string,
    readonly envelope: readonly Frame[],
    readonly dialect: Dialect,
    readonly service: Service,
    now: number,
  ) {
    this.heardAt = now;
    this.sentAt = now;
    this.heartbeat = encodeSignal(dialect, 'heartbeat', envelope);
  }

  /** A HEARTBEAT came. */
  beat(): void {
    if (this.request !== undefined && ++this.beatsInJob >= BEATS_THAT_PROVE) this.beatsWhileBusy = true;
  }

  /**
   * When it is taken for disconnected, unless something comes before.
   *
   * A busy worker that never beats during a job is held to the busy timeout: it may be single-threaded. PARTIALs are
   * signs of life there too (MDP-B-36).
   */
  expiresAt(expiryMs: number, busyTimeoutMs: number): number {
    if (this.request !== undefined && !this.beatsWhileBusy)
      return Math.max(this.busySince, this.heardAt) + busyTimeoutMs;
    return this.heardAt + expiryMs;
  }
}
