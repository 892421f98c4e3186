// SPDX-License-Identifier: Apache-2.0
// sender - every command that a broker says, on the wire of the one that it is said to: frames of RFC 18, or a record of MX

import type { Frame, MxRecord, MxRequest } from '@mdp/protocol';
import {
  EMPTY_FRAME,
  MX_FIRST_CREDIT,
  MX_MAX_NUMBER,
  encodeClientReply,
  encodeSignal,
  encodeWorkerRequest,
} from '@mdp/protocol';
import type { PeerDialect } from '../events.js';
import type { BrokerCounters } from '../stats.js';
import type { Connection } from './connection.js';
import type { MxPeer } from './mx-peer.js';
import type { BrokerPort } from './port.js';
import type { Request } from './request.js';
import type { ServiceCounts } from './service-counts.js';
import type { Worker } from './worker.js';

/** Whom a reply goes to. A {@link Request} is one. */
export interface ReplyTarget {
  readonly connection: Connection;
  readonly envelope: readonly Frame[];
  readonly dialect: PeerDialect;
  /** One that the broker knows has counts. */
  readonly service: { readonly name: string; readonly frame: Frame; readonly counts?: ServiceCounts };
  readonly mx: MxPeer | undefined;
  readonly id: number;
}

/** Whom HEARTBEAT and DISCONNECT go to. A {@link Worker} is one. */
export interface SignalTarget {
  readonly connection: Connection;
  readonly envelope: readonly Frame[];
  readonly dialect: PeerDialect;
  readonly mx: MxPeer | undefined;
}

const ONE_EMPTY_FRAME: readonly Frame[] = [EMPTY_FRAME];

/** A body of MX has at least one frame, as in RFC 18. */
function padded(body: readonly Frame[]): readonly Frame[] {
  return body.length === 0 ? ONE_EMPTY_FRAME : body;
}

/** Says commands through the port. */
export class Sender {
  readonly #port: BrokerPort;
  readonly #counters: BrokerCounters;

  constructor(port: BrokerPort, counters: BrokerCounters) {
    this.#port = port;
    this.#counters = counters;
  }

  /** Say a small record that matters, also to a peer that reads slowly; only one that does not read at all is not told. */
  #tell(mx: MxPeer, record: MxRecord<Frame>): void {
    if (this.#port.append(mx, record, true) === undefined) this.#counters.dropped.slowReader++;
  }

  /**
   * REQUEST to a worker, named by the token and the id that are drawn for this attempt.
   *
   * @param token - for a worker of RFC 18 or RFC 7
   * @returns the message that carries it, or `undefined` when the worker reads too slowly
   */
  request(now: number, worker: Worker, request: Request, token: Frame | undefined): readonly Frame[] | undefined {
    const { dialect, mx } = worker;
    if (dialect === 'mx' || token === undefined) {
      if (mx === undefined) return undefined;
      const id = mx.nextId();
      const record: MxRequest<Frame> = {
        type: 'request',
        id,
        deadlineMs: millisecondsLeft(request.deadlineAt - now),
        service: request.service.frame,
        body: padded(request.body),
      };
      const { identity } = request;
      const carrier = this.#port.append(mx, identity === undefined ? record : { ...record, identity });
      if (carrier !== undefined) request.attemptId = id;
      return carrier;
    }
    const frames = encodeWorkerRequest(dialect, worker.envelope, token, request.body);
    if (!this.#port.send(worker.connection, frames)) return undefined;
    request.token = token;
    return frames;
  }

  /**
   * What an MX worker may send in PARTIALs beyond what each REQUEST grants.
   *
   * @param amount - so many more bytes; at most what fits
   */
  grant(request: Request, amount: number): void {
    const mx = request.worker?.mx;
    if (mx === undefined || amount <= 0) return;
    this.#tell(mx, { type: 'credit', id: request.attemptId, amount: Math.min(amount, MX_MAX_NUMBER) });
  }

  /** What the client had granted before its request came to this worker. */
  grantSurplus(request: Request): void {
    const stream = request.begunStream;
    if (stream !== undefined && request.mx !== undefined) this.grant(request, stream.credit - MX_FIRST_CREDIT);
  }

  /** Nobody waits for the reply any more. Only an MX worker can be told. */
  cancel(request: Request): void {
    const mx = request.worker?.mx;
    if (mx !== undefined) this.#tell(mx, { type: 'cancel', id: request.attemptId });
  }

  /** PARTIAL or FINAL. @returns false when the client reads too slowly to take it */
  reply(target: ReplyTarget, type: 'partial' | 'final', body: readonly Frame[], urgent = false): boolean {
    const { connection, dialect, mx, id } = target;
    if (dialect === 'mx') {
      return mx !== undefined && this.#port.append(mx, { type, id, body: padded(body) }, urgent) !== undefined;
    }
    const frames = encodeClientReply(dialect, target.envelope, type, target.service.frame, body);
    return this.#port.send(connection, frames, urgent);
  }

  /** HEARTBEAT or DISCONNECT. @returns false when the worker reads too slowly to take it */
  signal(to: SignalTarget, type: 'heartbeat' | 'disconnect', urgent = false): boolean {
    const { dialect, mx } = to;
    if (dialect === 'mx') return mx !== undefined && this.#port.append(mx, { type }, urgent) !== undefined;
    return this.#port.send(to.connection, encodeSignal(dialect, type, to.envelope), urgent);
  }

  /** HEARTBEAT to an MX client: it says nothing, but cannot be delivered to one that is gone. */
  probe(mx: MxPeer): void {
    this.#port.append(mx, { type: 'heartbeat' });
  }

  /** A service that its MX worker took back is given nothing more. */
  takenBack(mx: MxPeer, service: Frame): void {
    this.#tell(mx, { type: 'ready', service, credit: 0 });
  }
}

/** What is left until a deadline, for a record: at least 1, and 0 when there is none. */
function millisecondsLeft(ms: number): number {
  return ms === Infinity ? 0 : Math.min(MX_MAX_NUMBER, Math.max(1, Math.ceil(ms)));
}
