// SPDX-License-Identifier: Apache-2.0
// request - what a handler gets: the body of a REQUEST and what is known of it

import type { Frame, FrameLike } from '@mdp/protocol';

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
  /** The service that was asked: the worker's own. */
  readonly service: string;
  /** The endpoint of the broker that it came from. */
  readonly endpoint: string;
  /** The client address: opaque bytes that name this attempt at this broker. For logs. */
  readonly token: Frame;
  /** When it arrived: a reading of `performance.now()`, in milliseconds. */
  readonly receivedAt: number;
  /** How long ago it arrived, in milliseconds. */
  readonly ageMs: number;
  /**
   * Aborted when nobody waits for the reply any more: the broker is lost, or the worker was stopped. The reason is an
   * `MDP_DISCONNECTED` or `MDP_CLOSED` error.
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

/** A request at its worker. It is its own {@link HandlerContext}. */
export class Job implements WorkerRequest, HandlerContext {
  readonly body: readonly [Frame, ...Frame[]];
  readonly service: string;
  readonly endpoint: string;
  readonly token: Frame;
  readonly receivedAt: number;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(body: readonly Frame[], token: Frame, service: string, endpoint: string, receivedAt: number) {
    // The decoder lets no REQUEST without a body through.
    this.body = body as readonly [Frame, ...Frame[]];
    this.token = token;
    this.service = service;
    this.endpoint = endpoint;
    this.receivedAt = receivedAt;
  }

  get ageMs(): number {
    return performance.now() - this.receivedAt;
  }

  /** Made when it is first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether its reply is wanted no more. */
  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  abort(reason: Error): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
