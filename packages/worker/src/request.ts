// SPDX-License-Identifier: Apache-2.0
// request - what a handler gets: the body of a REQUEST and what is known of it

import type { Frame, FrameLike, TraceContext } from '@mdp/protocol';
import { TimeoutError, bytes, decodeTraceContext } from '@mdp/protocol';
import { Task } from './state/task.js';
import type { RequestCommand } from './wire.js';

/** What can be sent: one frame, or several. */
export type Body = FrameLike | readonly FrameLike[];

/** What a worker replies with; nothing is an empty reply. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a function that returns nothing is typed so
export type Reply = Body | undefined | void;

/** A reply in parts. */
export type ReplyStream =
  AsyncGenerator<Body, Reply, undefined> | Generator<Body, Reply, undefined> | AsyncIterable<Body>;

/** A request from a client, through a broker. */
export interface WorkerRequest {
  /** The frames that the client sent, one or more. Never write to them. */
  readonly body: readonly [Frame, ...Frame[]];
  /** The service that was asked: one of the worker's own. */
  readonly service: string;
  /** The endpoint of the broker that it came from. */
  readonly endpoint: string;
  /** The client address, or the number of the request on MX: opaque bytes that name this attempt there. For logs. */
  readonly token: Frame;
  /**
   * Which attempt this is: 1 when nobody knows of a worker that was given it before, more when one may have worked on it
   * (up to 256, which may be more). `undefined` when the wire does not tell: RFC 18 does not, MX does.
   */
  readonly attempt: number | undefined;
  /**
   * Names the request, the same in all of its attempts, at all brokers: 1 to 64 bytes, the client's own or made by it.
   * `undefined` when it has none, or when the wire does not tell.
   */
  readonly id: Frame | undefined;
  /** The trace that the client says it belongs to; `undefined` when it says none, or when the wire does not tell. */
  readonly trace: TraceContext | undefined;
  /** When it arrived: a reading of `performance.now()`, in milliseconds. */
  readonly receivedAt: number;
  /** How long ago it arrived, in milliseconds. */
  readonly ageMs: number;
  /**
   * How long the client still waits for the reply, in milliseconds, 0 or more; `Infinity` when it set no limit, or when the
   * wire does not tell (RFC 18 does not, MX does).
   */
  readonly remainingMs: number;
  /**
   * Aborted when nobody waits for the reply any more. The reason is an error: `MDP_DISCONNECTED` when the broker is lost,
   * `MDP_CLOSED` when the worker was stopped; on MX also `MDP_ABORTED` when the client has given up, and `MDP_TIMEOUT`
   * when its deadline has passed.
   */
  readonly signal: AbortSignal;
}

/** The second argument of a handler. */
export interface HandlerContext {
  /** See {@link WorkerRequest.signal}. */
  readonly signal: AbortSignal;
}

/** What may come out of a handler. */
export type HandlerResult = Reply | ReplyStream | PromiseLike<Reply | ReplyStream>;

/**
 * Serves one request.
 *
 * It returns the frames of the reply, which become the FINAL; or it is a generator, whose every `yield` becomes a PARTIAL
 * and whose `return` becomes the FINAL (RFC 18 "MDP/Worker"); or it throws, and the request ends with an error reply.
 */
export type Handler = (request: WorkerRequest, context: HandlerContext) => HandlerResult;

/** The longest that a Node.js timer waits, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** An execution that several requests may wait for. */
export interface SharedExecution {
  /** A request is cancelled or lost. @returns whether the handler runs on in its place */
  leave(job: Job, reason: Error): boolean;
}

/** A request at its worker. It is its own {@link HandlerContext}. */
export class Job extends Task implements WorkerRequest, HandlerContext {
  readonly body: readonly [Frame, ...Frame[]];
  readonly service: string;
  readonly endpoint: string;
  readonly receivedAt: number;
  /** The REQUEST that it came with. */
  readonly command: RequestCommand;
  /** When nobody waits any more: a reading of `performance.now()`; `Infinity` when that is not known. */
  deadlineAt: number;
  /** The execution that it waits for, when it shares one with other requests. */
  execution: SharedExecution | undefined;
  /** How many of its PARTIALs wait to leave. */
  unsent = 0;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reason: Error | undefined;
  #over = false;

  /** @param grant - see {@link Task} */
  constructor(command: RequestCommand, grant: number, service: string, endpoint: string, receivedAt: number) {
    super(command.id, grant);
    // The decoder lets no REQUEST without a body through.
    this.body = command.body as readonly [Frame, ...Frame[]];
    this.service = service;
    this.endpoint = endpoint;
    this.receivedAt = receivedAt;
    this.command = command;
    this.deadlineAt = command.deadlineMs === 0 ? Infinity : receivedAt + command.deadlineMs;
  }

  get token(): Frame {
    return typeof this.wireId === 'number' ? bytes(String(this.wireId)) : this.wireId;
  }

  get attempt(): number | undefined {
    return typeof this.wireId === 'number' ? 1 + (this.command.identity?.attempts ?? 0) : undefined;
  }

  get id(): Frame | undefined {
    const key = this.command.identity?.key;
    return key === undefined || key.length === 0 ? undefined : key;
  }

  get trace(): TraceContext | undefined {
    const trace = this.command.identity?.trace;
    return trace === undefined ? undefined : decodeTraceContext(trace);
  }

  get ageMs(): number {
    return performance.now() - this.receivedAt;
  }

  get remainingMs(): number {
    return this.deadlineAt === Infinity ? Infinity : Math.max(0, this.deadlineAt - performance.now());
  }

  /** Made when it is first asked for, and its timer with it: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else if (this.deadlineAt !== Infinity && !this.#over) this.#expire();
    }
    return this.#controller.signal;
  }

  /** Abort when the deadline has passed, now or later. */
  #expire(): void {
    const { remainingMs } = this;
    if (remainingMs === 0) {
      this.abort(new TimeoutError('the deadline of the request has passed', { service: this.service, attempts: 0 }));
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#expire();
      },
      Math.min(Math.ceil(remainingMs), LONGEST_TIMER_MS),
    );
  }

  /** Whether its reply is wanted no more: it is lost or cancelled, or its deadline has passed. */
  get aborted(): boolean {
    return this.#reason !== undefined || this.remainingMs === 0;
  }

  /** Whether whoever serves it may know that it was aborted, and have stopped half-way: the signal was asked for. */
  get brokenOff(): boolean {
    return this.#reason !== undefined && this.#controller !== undefined;
  }

  abort(reason: Error): void {
    this.settle();
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** It is wanted again, when nobody can know that it was not. */
  revive(): void {
    if (this.#reason === undefined || this.#controller !== undefined) return;
    this.#reason = undefined;
    this.#over = false;
  }

  /** Its last word was said: the signal is aborted no more. */
  settle(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
