// SPDX-License-Identifier: Apache-2.0
// engine - the thin loop: it feeds the state with calls, messages and time, and owns the one timer

import type { Frame, FrameLike, RequestError } from '@mdp/protocol';
import { AbortedError } from '@mdp/protocol';
import type { RequestOptions, ResolvedClientOptions } from './options.js';
import { resolveRequestOptions } from './options.js';
import type { Reply, ReplyOwner } from './reply.js';
import { PendingReply } from './reply.js';
import type { ClientPort } from './state/client-state.js';
import { ClientState } from './state/client-state.js';
import { Exchange } from './state/exchange.js';
import type { Link, LinkHandle } from './state/link.js';
import type { ClientStats } from './stats.js';
import { WakeUp } from './wake-up.js';
import { Wire } from './wire.js';

/** What a connection reports to the engine. After its `close()` it reports nothing. */
export interface LinkEvents {
  /** The handshake is done. */
  up(link: Link): void;
  /** The connection could not be made; it will be tried again. */
  refused(link: Link, reason: string): void;
  /** It broke or failed, and everything that had come on it was delivered. */
  lost(link: Link, cause?: unknown): void;
  /** The attempt that it carries has failed for this reason, and nothing more will come. */
  failed(link: Link, error: RequestError): void;
  /** The message that was asked for. */
  message(link: Link, frames: Frame[]): void;
}

/** Opens connections: over ZeroMQ, or in a mock. */
export type OpenLink = (link: Link, events: LinkEvents, options: ResolvedClientOptions) => LinkHandle;

/** The inside of a client. */
export class Engine implements ClientPort, LinkEvents, ReplyOwner {
  readonly options: ResolvedClientOptions;
  readonly #open: OpenLink;
  readonly #wire: Wire;
  readonly #state: ClientState;
  readonly #wakeUp: WakeUp;
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;

  constructor(options: ResolvedClientOptions, open: OpenLink) {
    this.options = options;
    this.#open = open;
    this.#wire = new Wire(options.dialect);
    this.#state = new ClientState({ ...options, random: Math.random }, this);
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#wakeUp = new WakeUp(() => {
      const now = performance.now();
      this.#state.tick(now);
      this.#arm(now);
    });
    options.signal?.addEventListener('abort', this.#onAbortAll, { once: true });
  }

  /** Make a request. */
  request(service: string, body: FrameLike | readonly FrameLike[], options: RequestOptions | undefined): Reply {
    const defaults = this.options.request;
    const resolved = options === undefined ? undefined : resolveRequestOptions(defaults, options);
    const reply = new PendingReply(service, this);
    const exchange = new Exchange(service, this.#wire.encode(service, body), resolved?.policy ?? defaults, reply);
    reply.bind(exchange);
    const own = resolved?.signal;
    const aborted =
      own?.aborted === true ? own : this.options.signal?.aborted === true ? this.options.signal : undefined;
    if (aborted !== undefined) {
      this.#state.refuse(exchange, new AbortedError(aborting(exchange), exchange, { cause: aborted.reason }));
      return reply;
    }
    const now = performance.now();
    if (own !== undefined) this.#obey(own, exchange, reply);
    this.#state.submit(now, exchange);
    this.#arm(now);
    return reply;
  }

  stats(): ClientStats {
    const { pool, pending, queued, counters } = this.#state;
    return {
      endpoints: pool.endpoints.map(({ address, state, links, connecting, idle, busy }) => ({
        endpoint: address,
        state,
        open: links.size,
        connecting,
        idle: idle.length,
        busy,
      })),
      pending,
      queued,
      counters: { ...counters, ...pool.counters },
    };
  }

  close(drainMs: number): Promise<void> {
    const now = performance.now();
    this.#state.close(now, drainMs);
    this.#arm(now);
    return this.#closed;
  }

  // What the state asks for.

  open(link: Link): LinkHandle {
    return this.#open(link, this, this.options);
  }

  closed(): void {
    this.#wakeUp.close();
    this.options.signal?.removeEventListener('abort', this.#onAbortAll);
    this.#resolveClosed();
  }

  // What connections report.

  up(link: Link): void {
    const now = performance.now();
    this.#state.up(now, link);
    this.#arm(now);
  }

  refused(link: Link, reason: string): void {
    const now = performance.now();
    this.#state.refused(now, link, reason);
    this.#arm(now);
  }

  lost(link: Link, cause?: unknown): void {
    const now = performance.now();
    this.#state.lost(now, link, cause);
    this.#arm(now);
  }

  failed(link: Link, error: RequestError): void {
    const now = performance.now();
    this.#state.failed(now, link, error);
    this.#arm(now);
  }

  message(link: Link, frames: Frame[]): void {
    const now = performance.now();
    const message = this.#wire.decode(frames);
    this.#state.receive(now, link, message, this.#wire.errorOf(message));
    this.#arm(now);
  }

  // What replies ask for.

  collect(exchange: Exchange): void {
    const now = performance.now();
    this.#state.collect(now, exchange);
    this.#arm(now);
  }

  taken(exchange: Exchange, bytes: number): void {
    const now = performance.now();
    this.#state.taken(now, exchange, bytes);
    this.#arm(now);
  }

  awaitPart(exchange: Exchange, waitMs: number): void {
    const now = performance.now();
    this.#state.awaitPart(now, exchange, waitMs);
    this.#arm(now);
  }

  abort(exchange: Exchange, message: string, cause?: unknown): void {
    const now = performance.now();
    this.#state.abort(now, exchange, message, cause);
    this.#arm(now);
  }

  #obey(signal: AbortSignal, exchange: Exchange, reply: PendingReply): void {
    const onAbort = (): void => {
      this.abort(exchange, aborting(exchange), signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    reply.onEnd = () => {
      signal.removeEventListener('abort', onAbort);
    };
  }

  readonly #onAbortAll = (): void => {
    const now = performance.now();
    this.#state.abortAll("the client's requests were aborted", this.options.signal?.reason);
    this.#arm(now);
  };

  #arm(now: number): void {
    this.#wakeUp.arm(now, this.#state.nextDeadline(), this.#state.pending > 0);
  }
}

function aborting(exchange: Exchange): string {
  return `the request to "${exchange.service}" was aborted`;
}
