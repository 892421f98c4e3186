// SPDX-License-Identifier: Apache-2.0
// request - one request of a client, from its arrival to its one end

import type { Frame, MxIdentity } from '@mdp/protocol';
import { MX_FIRST_CREDIT, MX_MAX_ATTEMPTS } from '@mdp/protocol';
import type { Deadline } from '@mdp/protocol/internal';
import { clientOf } from '@mdp/protocol/internal';
import type { PeerDialect } from '../events.js';
import type { Connection } from './connection.js';
import { addressKey } from './connection.js';
import { Link } from './linked-list.js';
import { BYTES_PER_FRAME, memoryBytes } from './memory.js';
import type { MxPeer } from './mx-peer.js';
import type { PackedFrame } from './packed.js';
import { pack, unpack } from './packed.js';
import type { RequestWatch } from './port.js';
import type { Service } from './service.js';
import type { Worker } from './worker.js';

/** Why nothing more goes to the client of a request. */
export type ClosedBy = 'ended' | 'clientGone' | 'cancelled';

/** What a client says of a request that is, or may be, one of several: {@link MxIdentity}, as it is kept. */
export interface RequestIdentity {
  readonly attempts: number;
  readonly key: PackedFrame;
  /** The trace that it belongs to. */
  readonly trace: PackedFrame | undefined;
}

/** What is known of a request when it arrives. */
export interface RequestOrigin {
  readonly connection: Connection;
  /** The routing id and the address: what goes in front of each reply (MDP-B-05). */
  readonly envelope: readonly Frame[];
  readonly dialect: PeerDialect;
  /** Where the client's records are gathered, when it speaks MX. */
  readonly mx: MxPeer | undefined;
  /** The client's id, when it speaks MX. */
  readonly id: number;
  /** When the client gives it up; `Infinity` when it does not say. */
  readonly deadlineAt: number;
  /** What the client says of it beyond that, when it speaks MX. */
  readonly identity: RequestIdentity | undefined;
}

const NO_KEY: Frame = new Uint8Array(0);
const NOTHING: readonly PackedFrame[] = [];

/** A PARTIAL or FINAL. */
export interface Part {
  readonly type: 'partial' | 'final';
  readonly body: readonly Frame[];
}

/** What there is to know of a reply in parts, from the first of them, or the first grant, on. */
export class Stream {
  /** For MDP/0.1 clients, which take one reply only: the parts so far. */
  joined: Frame[] | undefined;
  /** Bytes in {@link joined}. */
  joinedBytes = 0;
  /** What an MX client still grants for PARTIALs. */
  credit = MX_FIRST_CREDIT;
  /** What has come beyond that, and waits until the client grants more. */
  withheld: Part[] | undefined;
  /** What {@link withheld} takes: {@link memoryBytes}. */
  withheldBytes = 0;
  /** Cost of PARTIALs that an MX worker has sent and was not granted anew. */
  ungranted = 0;
  /** Since when it stands still because its client does not take more. */
  stalledAt = 0;
  /** Its place among those that stand still. */
  readonly stalledLink: Link<Request>;

  constructor(request: Request) {
    this.stalledLink = new Link(request);
  }
}

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
export class Request implements Deadline {
  heapIndex = -1;
  #body: readonly PackedFrame[];
  #packed = false;
  /** What is counted for it: {@link book}. */
  #booked = 0;
  /** The bytes that its envelope, body and key take while it waits: {@link memoryBytes}. */
  readonly bytes: number;
  /** How often it was given to a worker. */
  attempts = 0;
  /** How often a worker gave it back with DISCONNECT; that does not count as an attempt. */
  handovers = 0;
  /** How often a worker may have had it before: attempts, and those that were given back, for they may have been begun. */
  given = 0;
  /** Whether a part of the reply has gone out: then it is never repeated. */
  begun = false;
  /** Why nothing more goes to the client; `undefined` while the client waits. */
  closedBy: ClosedBy | undefined;
  /** The worker that holds it. */
  worker: Worker | undefined;
  /** Names the attempt that runs at a worker of RFC 18 or RFC 7. */
  token: Frame | undefined;
  /** Names the attempt that runs at an MX worker. */
  attemptId = 0;
  /** The very message that carried the REQUEST to its worker, to know it again if it could not be delivered. */
  carrier: readonly Frame[] | undefined;
  /** That message could not be delivered. */
  undelivered = false;
  /** What there is to know of a reply in parts. */
  #stream: Stream | undefined;
  /** Since when it is where it is: in the queue, or with its worker. */
  since = 0;
  /** Who is told of it, if anybody wants to be. */
  watch: RequestWatch | undefined;
  /** Its place among the waiting requests of its connection, or among the others that have not ended. */
  readonly connectionLink = new Link<Request>(this);
  /** Its place among the waiting requests of its client, or among those that its worker holds. */
  readonly placeLink = new Link<Request>(this);
  #arrivalLink: Link<Request> | undefined;

  /** @param body - one or more frames */
  constructor(
    readonly origin: RequestOrigin,
    readonly service: Service,
    body: readonly Frame[],
  ) {
    this.#body = body;
    this.bytes = memoryBytes(origin.envelope) + memoryBytes(body) + identityBytes(origin.identity);
  }

  /** One or more frames; made anew from what was packed, for each attempt. */
  get body(): readonly Frame[] {
    return this.#packed ? this.#body.map(unpack) : (this.#body as readonly Frame[]);
  }

  get connection(): Connection {
    return this.origin.connection;
  }

  get envelope(): readonly Frame[] {
    return this.origin.envelope;
  }

  get dialect(): PeerDialect {
    return this.origin.dialect;
  }

  get mx(): MxPeer | undefined {
    return this.origin.mx;
  }

  get id(): number {
    return this.origin.id;
  }

  /** What an MX worker is told of the attempts before; most requests have none, no key and no trace. */
  get identity(): MxIdentity | undefined {
    const { identity } = this.origin;
    if (identity === undefined && this.given === 0) return undefined;
    return {
      attempts: Math.min(MX_MAX_ATTEMPTS, this.given + (identity?.attempts ?? 0)),
      key: identity === undefined ? NO_KEY : unpack(identity.key),
      trace: identity?.trace === undefined ? undefined : unpack(identity.trace),
    };
  }

  get deadlineAt(): number {
    return this.origin.deadlineAt;
  }

  /** Its place among all waiting requests of the service, oldest first. Many never wait: it is made when it is wanted. */
  get arrivalLink(): Link<Request> {
    return (this.#arrivalLink ??= new Link<Request>(this));
  }

  /** What there is to know of a reply in parts; most have one part only. */
  get stream(): Stream {
    return (this.#stream ??= new Stream(this));
  }

  /** {@link stream}, if there is something to know. */
  get begunStream(): Stream | undefined {
    return this.#stream;
  }

  /** Who takes turns: the client with this connection, or a logical client behind it. */
  get clientKey(): unknown {
    const { envelope } = this;
    if (envelope.length === 1 || (envelope.length === 2 && envelope[1]?.length === 0)) return this.connection.turn;
    return this.mx ?? `${String(this.connection.socket)} ${addressKey(envelope.map(clientOf))}`;
  }

  /**
   * Count bytes that are kept for it against what its client, and all clients, may have: until they are
   * {@link unbook}ed, or it ends.
   *
   * @returns whose limit they would be beyond; nothing is counted then
   */
  book(bytes: number): 'client' | 'broker' | undefined {
    const { connection } = this;
    const { pending } = connection;
    const own = connection.pendingBytes;
    const left = pending.most - pending.used - bytes;
    if (own + bytes > pending.mostPerClient) return 'client';
    if (left < 0) return 'broker';
    // Who has some already takes no more than it leaves: a few that take all they can leave the others something.
    if (own > 0 && own + bytes > left) return 'client';
    this.#count(bytes);
    return undefined;
  }

  /** Bytes that were counted for it are not kept any more. */
  unbook(bytes: number): void {
    this.#count(-bytes);
  }

  /** Another worker begins anew: what the one before had said is not kept any more. What the client has granted stands. */
  restart(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    if (stream.joined !== undefined) this.unbook(memoryBytes(stream.joined));
    stream.joined = undefined;
    stream.joinedBytes = 0;
    stream.ungranted = 0;
  }

  #count(bytes: number): void {
    this.#booked += bytes;
    this.connection.pendingBytes += bytes;
    this.connection.pending.used += bytes;
  }

  /** Nothing more goes to the client. What its worker still sends is dropped and counted. */
  close(by: ClosedBy): void {
    this.closedBy = by;
    this.connection.running.remove(this.connectionLink);
    const { mx } = this;
    mx?.requests.delete(this.id);
    if (mx?.requests.size === 0) mx.askingLink.list?.remove(mx.askingLink);
    const stalledLink = this.#stream?.stalledLink;
    stalledLink?.list?.remove(stalledLink);
    this.#stream = undefined;
    // Its worker may hold it for long.
    this.#body = NOTHING;
    this.#count(-this.#booked);
  }

  /** Keep no more memory alive than it needs, before it waits for long. */
  pack(): void {
    this.#body = this.#body.map(pack);
    this.#packed = true;
  }
}

/** What a client says of a request, as it is kept. */
export function packIdentity({ attempts, key, trace }: MxIdentity): RequestIdentity {
  return { attempts, key: pack(key), trace: trace === undefined ? undefined : pack(trace) };
}

/** What the key and the trace of a request take while it waits: each as much as a frame. */
function identityBytes(identity: RequestIdentity | undefined): number {
  if (identity === undefined) return 0;
  const { key, trace } = identity;
  return BYTES_PER_FRAME + key.length + (trace === undefined ? 0 : BYTES_PER_FRAME + trace.length);
}
