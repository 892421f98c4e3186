// SPDX-License-Identifier: Apache-2.0
// client-replies - what goes back to a client, in its dialect, in order and without a gap

import type { Dialect, ErrorReply, Frame } from '@mdp/protocol';
import {
  BROKER_STATUSES,
  STATUS,
  byteLength,
  decodeErrorReply,
  encodeClientReply,
  encodeErrorReply,
} from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { Connection } from './connection.js';
import type { BrokerPort } from './port.js';
import type { Request } from './request.js';

/** Whom a reply goes to. A {@link Request} is one. */
export interface ReplyTarget {
  readonly connection: Connection;
  readonly envelope: readonly Frame[];
  readonly dialect: Dialect;
  readonly service: { readonly name: string; readonly frame: Frame };
}

/** Replies of workers and of the broker itself, on their way to clients. Bodies pass as they are (MDP-B-43). */
export class ClientReplies {
  readonly #options: ResolvedBrokerOptions;
  readonly #counters: BrokerCounters;
  readonly #port: BrokerPort;

  constructor(options: ResolvedBrokerOptions, counters: BrokerCounters, port: BrokerPort) {
    this.#options = options;
    this.#counters = counters;
    this.#port = port;
  }

  /** Whether a body has more bytes or frames than one message may have. */
  isTooLarge(body: readonly Frame[]): boolean {
    return body.length > this.#options.maxBodyFrames || byteLength(body) > this.#options.maxBodyBytes;
  }

  /** Pass on a PARTIAL of the worker that holds the request: in order, and never after a gap (MDP-B-12). */
  partial(request: Request, body: readonly Frame[]): void {
    if (this.#dropIfUnwanted(request, body)) return;
    if (request.dialect === 'mdp01') {
      this.#join(request, body);
      return;
    }
    const frames = encodeClientReply(request.dialect, request.envelope, 'partial', request.service.frame, body);
    if (!this.#port.send(request.connection, frames)) {
      this.#breakOff(request);
      return;
    }
    request.begun = true;
    this.#counters.partials++;
  }

  /** Pass on the FINAL of the worker that holds the request. It ends the request: nothing follows it (MDP-B-11). */
  final(request: Request, body: readonly Frame[]): void {
    if (this.#dropIfUnwanted(request, body)) return;
    // Every message of 3 frames would have to be decoded: most of them differ in the first length already.
    if (body.length === 3 && body[0]?.length === 6) {
      const error = decodeErrorReply(body);
      if (error !== undefined) {
        this.#workerError(request, error);
        return;
      }
    }
    if (request.joined !== undefined) {
      if (!this.#join(request, body)) return;
      body = request.joined;
    }
    const frames = encodeClientReply(request.dialect, request.envelope, 'final', request.service.frame, body);
    if (!this.#port.send(request.connection, frames)) {
      this.#breakOff(request);
      return;
    }
    request.closedBy = 'ended';
    this.#counters.finals++;
  }

  /** End a request with an error reply. */
  fail(request: Request, status: number, message: string): void {
    if (request.closedBy !== undefined) return;
    request.closedBy = 'ended';
    this.error(request, status, message);
  }

  /**
   * Send an error reply, or count that a client which would take it for a result was not sent one.
   *
   * @param urgent - also when the client's outbox is full
   */
  error(target: ReplyTarget, status: number, message: string, urgent = false): void {
    const { dialect, service } = target;
    this.#counters.failed[status] = (this.#counters.failed[status] ?? 0) + 1;
    const understood = dialect === 'rfc18' || this.#options.forwardErrors;
    const answered = understood && this.result(target, encodeErrorReply(status, message), urgent);
    if (!understood) this.#counters.errorsWithheld++;
    this.#port.emit('requestFailed', () => [{ service: service.name, status, message, dialect, answered }]);
  }

  /**
   * Send a FINAL that the broker itself has made.
   *
   * @returns false when the client reads too slowly to take it
   */
  result(target: ReplyTarget, body: readonly Frame[], urgent = false): boolean {
    const frames = encodeClientReply(target.dialect, target.envelope, 'final', target.service.frame, body);
    const taken = this.#port.send(target.connection, frames, urgent);
    if (!taken) this.#counters.dropped.slowReader++;
    return taken;
  }

  /** Nobody waits for it any more, or it is too large to be passed on. */
  #dropIfUnwanted(request: Request, body: readonly Frame[]): boolean {
    if (request.closedBy !== undefined) {
      this.#counters.dropped[request.closedBy === 'clientGone' ? 'clientGone' : 'brokenStream']++;
      return true;
    }
    if (!this.isTooLarge(body)) return false;
    this.#counters.dropped.brokenStream++;
    this.fail(request, STATUS.TOO_LARGE, 'the reply is too large');
    return true;
  }

  /** The client reads too slowly: an error in place of the rest, never a gap. */
  #breakOff(request: Request): void {
    this.#counters.dropped.slowReader++;
    request.closedBy = 'ended';
    this.error(request, STATUS.OVERLOADED, 'the reply was broken off: the client reads too slowly', true);
  }

  /** A worker says that it failed. Statuses that only the broker may use become 500. */
  #workerError(request: Request, { status, message }: ErrorReply): void {
    request.joined = undefined;
    if (BROKER_STATUSES.includes(status)) {
      this.fail(request, STATUS.HANDLER_FAILED, `the worker sent status ${String(status)}, which is the broker's`);
    } else {
      this.fail(request, status, message);
    }
  }

  /**
   * MDP/0.1 has one REPLY (MDP01-03), and a REQ socket takes no more (MDP01-04): gather the parts until FINAL.
   *
   * @returns false when they became too large; the request is ended then
   */
  #join(request: Request, body: readonly Frame[]): boolean {
    request.joinedBytes += byteLength(body);
    const joined = (request.joined ??= []);
    if (request.joinedBytes > this.#options.maxBodyBytes || joined.length + body.length > this.#options.maxBodyFrames) {
      request.joined = undefined;
      request.closedBy = 'ended';
      this.error(request, STATUS.TOO_LARGE, 'the parts of the reply are too large for one reply of MDP/0.1');
      return false;
    }
    for (const frame of body) joined.push(frame);
    return true;
  }
}
