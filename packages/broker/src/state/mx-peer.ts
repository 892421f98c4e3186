// SPDX-License-Identifier: Apache-2.0
// mx-peer - one address that speaks MX: a client, a worker with any number of services, or both

import type { Frame, MxRecord } from '@mdp/protocol';
import { MX_MAX_NUMBER } from '@mdp/protocol';
import { IdMap } from '@mdp/protocol/internal';
import type { Connection } from './connection.js';
import { Link } from './linked-list.js';
import type { Request } from './request.js';
import type { Life, Worker } from './worker.js';

/** A peer that speaks MX. */
export class MxPeer {
  /** Its requests that have not ended, by its ids. */
  readonly requests = new IdMap<Request>();
  /** Its services, by name. */
  readonly workers = new Map<string, Worker>();
  /** The requests that it holds as a worker, by the broker's ids. */
  readonly attempts = new IdMap<Request>();
  readonly life: Life;
  /** Its place among the peers that wait for replies. */
  readonly askingLink = new Link<MxPeer>(this);
  /** The port's: what this turn has to say to it. */
  gathered: MxRecord<Frame>[] = [];
  /** The port's: what that takes, in bytes. */
  gatheredBytes = 0;
  /** The port's: the message that will carry it; filled when it leaves. */
  carrier: Frame[] = [];
  #lastId = 0;

  /**
   * @param key - the key of its address: `addressKey`
   * @param envelope - the routing id and the address: what goes in front of all that is sent to it
   */
  constructor(
    readonly connection: Connection,
    readonly key: string,
    readonly envelope: readonly Frame[],
    now: number,
  ) {
    this.life = { heardAt: now, sentAt: now };
  }

  /** An id for a REQUEST to it that is not under way there. */
  nextId(): number {
    do this.#lastId = this.#lastId === MX_MAX_NUMBER ? 0 : this.#lastId + 1;
    while (this.attempts.has(this.#lastId));
    return this.#lastId;
  }

  /** Whether anything would be lost if it were forgotten. */
  get inUse(): boolean {
    return this.requests.size > 0 || this.workers.size > 0 || this.attempts.size > 0 || this.gathered.length > 0;
  }
}
