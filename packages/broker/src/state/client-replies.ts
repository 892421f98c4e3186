// SPDX-License-Identifier: Apache-2.0
// client-replies - what goes back to a client: in order, without a gap, and no more than it has room for

import type { ErrorReply, Frame } from '@mdp/protocol';
import {
  BROKER_STATUSES,
  MX_FIRST_CREDIT,
  MX_MAX_NUMBER,
  STATUS,
  byteLength,
  decodeErrorReply,
  encodeErrorReply,
  mxCost,
  ownFrames,
} from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { Connection } from './connection.js';
import { LinkedList } from './linked-list.js';
import { memoryBytes } from './memory.js';
import type { BrokerPort } from './port.js';
import type { Part, Request, Stream } from './request.js';
import type { ReplyTarget, Sender } from './sender.js';

/** An MX worker is granted more when its client has taken so much. */
const GRANT_AT_LEAST = MX_FIRST_CREDIT / 2;

/** The longest message of an error reply to a client that takes only what is urgent, in characters. */
const LONGEST_URGENT = 1_000;

const READS_TOO_SLOWLY = 'the client reads too slowly';

/** Replies of workers and of the broker itself, on their way to clients. Bodies pass as they are (MDP-B-43). */
export class ClientReplies {
  readonly #options: ResolvedBrokerOptions;
  readonly #counters: BrokerCounters;
  readonly #port: BrokerPort;
  readonly #sender: Sender;
  /** Requests whose clients take no more of their replies; the one that has stood still for longest comes first. */
  readonly #stalled = new LinkedList<Request>();

  constructor(options: ResolvedBrokerOptions, counters: BrokerCounters, port: BrokerPort, sender: Sender) {
    this.#options = options;
    this.#counters = counters;
    this.#port = port;
    this.#sender = sender;
  }

  /**
   * Whether a body has more bytes or frames than one message may have.
   *
   * @param size - its bytes
   */
  isTooLarge(body: readonly Frame[], size: number): boolean {
    return body.length > this.#options.maxBodyFrames || size > this.#options.maxBodyBytes;
  }

  /** Pass on a PARTIAL of the worker that holds the request: in order, and never after a gap (MDP-B-12). */
  partial(now: number, request: Request, body: readonly Frame[]): void {
    if (this.#dropIfUnwanted(request, body)) return;
    const { dialect } = request;
    if (dialect === 'mdp01') {
      if (this.#join(request, body)) this.#regrant(now, request, mxCost(body));
    } else if (dialect !== 'mx') {
      if (this.#passPartial(now, request, body)) this.#regrant(now, request, mxCost(body));
    } else if (request.stream.withheld !== undefined || request.stream.credit <= 0) {
      this.#withhold(request, { type: 'partial', body });
    } else {
      this.#passPartial(now, request, body);
    }
  }

  /** @returns false when the client reads too slowly to take it; the reply is broken off then */
  #passPartial(now: number, request: Request, body: readonly Frame[]): boolean {
    if (!this.#sender.reply(request, 'partial', body)) {
      this.#counters.dropped.slowReader++;
      this.#breakOff(request, READS_TOO_SLOWLY);
      return false;
    }
    request.begun = true;
    this.#counters.partials++;
    request.service.counts.partials++;
    if (request.dialect === 'mx') {
      const { stream } = request;
      stream.credit -= mxCost(body);
      if (stream.credit <= 0) this.#stall(now, stream);
    }
    return true;
  }

  /** Pass on the FINAL of the worker that held the request. It ends the request: nothing follows it (MDP-B-11). */
  final(request: Request, body: readonly Frame[]): void {
    if (this.#dropIfUnwanted(request, body)) return;
    if (request.begunStream?.withheld === undefined) this.#passFinal(request, body);
    else this.#withhold(request, { type: 'final', body });
  }

  #passFinal(request: Request, body: readonly Frame[]): void {
    // Every message of 3 frames would have to be decoded: most of them differ in the first length already.
    if (body.length === 3 && body[0]?.length === 6) {
      const error = decodeErrorReply(body);
      if (error !== undefined) {
        this.#workerError(request, error);
        return;
      }
    }
    const joined = request.begunStream?.joined;
    if (joined !== undefined) {
      if (!this.#join(request, body)) return;
      body = joined;
    }
    if (!this.#sender.reply(request, 'final', body)) {
      this.#counters.dropped.slowReader++;
      this.#breakOff(request, READS_TOO_SLOWLY);
      return;
    }
    request.close('ended');
    this.#counters.finals++;
    request.service.counts.finals++;
    request.watch?.ended('answered');
  }

  /** An MX client has granted so many more bytes of PARTIALs. */
  granted(now: number, request: Request, amount: number): void {
    const { stream } = request;
    const before = stream.credit;
    stream.credit = Math.min(MX_MAX_NUMBER, before + amount);
    // Its worker is told of what counts only: more than the most is the same as that.
    this.#sender.grant(request, stream.credit - before);
    if (stream.credit > 0) this.#stalled.remove(stream.stalledLink);
    const { withheld } = stream;
    if (withheld === undefined) return;
    let passed = 0;
    for (const { type, body } of withheld) {
      if (type === 'partial' && stream.credit <= 0) break;
      passed++;
      if (type === 'final') {
        stream.withheld = undefined;
        this.#passFinal(request, body);
        return;
      }
      if (!this.#passPartial(now, request, body)) return;
      const bytes = memoryBytes(body);
      stream.withheldBytes -= bytes;
      request.unbook(bytes);
    }
    withheld.splice(0, passed);
    if (withheld.length === 0) stream.withheld = undefined;
  }

  /** Keep what an MX client has not granted: its worker knows no grants, or does not keep to them. */
  #withhold(request: Request, part: Part): void {
    const { maxOutboxMessages, maxOutboxBytes } = this.#options;
    const { stream } = request;
    const withheld = (stream.withheld ??= []);
    const body = ownFrames(part.body);
    const bytes = memoryBytes(body);
    stream.withheldBytes += bytes;
    const tooMuch = withheld.length >= maxOutboxMessages || stream.withheldBytes > maxOutboxBytes;
    if (tooMuch || request.book(bytes) !== undefined) {
      this.#counters.dropped.slowReader += withheld.length + 1;
      this.#breakOff(request, READS_TOO_SLOWLY);
    } else {
      withheld.push({ type: part.type, body });
    }
  }

  /** The client of a strict dialect was sent a PARTIAL: its MX worker may send as much again, if it can be taken. */
  #regrant(now: number, request: Request, cost: number): void {
    if (request.worker?.mx === undefined) return;
    const { stream } = request;
    stream.ungranted += cost;
    if (stream.ungranted < GRANT_AT_LEAST) return;
    if (request.dialect !== 'mdp01' && this.#port.isSlow(request.connection)) {
      if (stream.stalledLink.list === undefined) this.#stall(now, stream);
      return;
    }
    this.#stalled.remove(stream.stalledLink);
    this.#sender.grant(request, stream.ungranted);
    stream.ungranted = 0;
  }

  /** A stream stands still from now on, because its client takes no more. */
  #stall(now: number, stream: Stream): void {
    this.#stalled.remove(stream.stalledLink);
    stream.stalledAt = now;
    this.#stalled.append(stream.stalledLink);
  }

  /** When {@link expire} has something to do. */
  get expiresAt(): number {
    const oldest = this.#stalled.first;
    return oldest === undefined ? Infinity : oldest.stream.stalledAt + this.#options.stalledStreamTimeoutMs;
  }

  /** Break off what stands still for too long: it takes up its worker, and memory. */
  expire(now: number): void {
    for (
      let request = this.#stalled.first;
      request !== undefined && this.expiresAt <= now;
      request = this.#stalled.first
    ) {
      this.#counters.dropped.slowReader += request.stream.withheld?.length ?? 0;
      this.#breakOff(request, 'the client did not take more of it for too long');
    }
  }

  /** A connection that read slowly has taken all that waited for it. */
  relieved(now: number, connection: Connection): void {
    for (const request of connection.running) this.#regrant(now, request, 0);
  }

  /**
   * End a request with an error reply. Nothing else tells its client that it has ended.
   *
   * @param urgent - `false` for one that was never accepted: there may be any number of those
   */
  fail(request: Request, status: number, message: string, urgent = true): void {
    if (request.closedBy !== undefined) return;
    this.#end(request, status, message, urgent);
  }

  #end(request: Request, status: number, message: string, urgent: boolean): void {
    request.close('ended');
    request.watch?.ended('failed', status);
    this.error(request, status, message, urgent);
  }

  /**
   * Send an error reply, or count that a client which would take it for a result was not sent one.
   *
   * @param urgent - also when the client's outbox is full
   */
  error(target: ReplyTarget, status: number, message: string, urgent = false): void {
    const { dialect, service } = target;
    this.#counters.failed[status] = (this.#counters.failed[status] ?? 0) + 1;
    service.counts?.fail(status);
    const understood = dialect === 'rfc18' || dialect === 'mx' || this.#options.forwardErrors;
    const answered = understood && this.#tell(target, status, message, urgent);
    if (!understood) this.#counters.errorsWithheld++;
    this.#port.emit('requestFailed', () => [{ service: service.name, status, message, dialect, answered }]);
  }

  /** What is urgent has little room, which is for many: a long message of a worker is cut off there. */
  #tell(target: ReplyTarget, status: number, message: string, urgent: boolean): boolean {
    const whole = encodeErrorReply(status, message);
    if (!urgent || message.length <= LONGEST_URGENT) return this.result(target, whole, urgent);
    if (this.#sender.reply(target, 'final', whole)) return true;
    return this.result(target, encodeErrorReply(status, message.slice(0, LONGEST_URGENT)), true);
  }

  /**
   * Send a FINAL that the broker itself has made.
   *
   * @returns false when the client reads too slowly to take it
   */
  result(target: ReplyTarget, body: readonly Frame[], urgent = false): boolean {
    const taken = this.#sender.reply(target, 'final', body, urgent);
    if (!taken) this.#counters.dropped.slowReader++;
    return taken;
  }

  /** Nobody waits for it any more, or it is too large to be passed on. */
  #dropIfUnwanted(request: Request, body: readonly Frame[]): boolean {
    const { closedBy } = request;
    if (closedBy !== undefined) {
      this.#counters.dropped[closedBy === 'ended' ? 'brokenStream' : closedBy]++;
      return true;
    }
    const size = byteLength(body);
    if (!this.isTooLarge(body, size)) {
      request.service.counts.bytesOut += size;
      return false;
    }
    this.#counters.dropped.brokenStream++;
    this.fail(request, STATUS.TOO_LARGE, 'the reply is too large');
    this.#sender.cancel(request);
    return true;
  }

  /** An error in place of the rest, never a gap. */
  #breakOff(request: Request, why: string): void {
    this.#end(request, STATUS.OVERLOADED, `the reply was broken off: ${why}`, true);
    this.#sender.cancel(request);
  }

  /** A worker says that it failed. Statuses that only the broker may use become 500. */
  #workerError(request: Request, { status, message }: ErrorReply): void {
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
    const { stream } = request;
    stream.joinedBytes += byteLength(body);
    const joined = (stream.joined ??= []);
    const tooMuch =
      stream.joinedBytes > this.#options.maxBodyBytes || joined.length + body.length > this.#options.maxBodyFrames;
    if (tooMuch || request.book(memoryBytes(body)) !== undefined) {
      this.#end(request, STATUS.TOO_LARGE, 'the parts of the reply are too large for one reply of MDP/0.1', true);
      this.#sender.cancel(request);
      return false;
    }
    for (const frame of ownFrames(body)) joined.push(frame);
    return true;
  }
}
