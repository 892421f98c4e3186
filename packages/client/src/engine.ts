// SPDX-License-Identifier: Apache-2.0
// engine - the thin loop: it feeds the state with calls, messages and time, and owns the one timer

import { randomBytes } from 'node:crypto';
import type { Frame, FrameLike, RequestError } from '@mdp/protocol';
import {
  AbortedError,
  MMI_PREFIX,
  NONCE_LENGTH,
  TokenMint,
  decodeMx,
  decodeMxAnswer,
  encodeTraceContext,
  encodeTraceFrame,
  isMxFrame,
} from '@mdp/protocol';
import type { Refusal } from '@mdp/protocol/internal';
import type { LookUp } from '@mdp/protocol/node';
import { isNamed } from '@mdp/protocol/node';
import { WatchedReply, isWatched } from './diagnostics.js';
import type { RequestOptions, ResolvedClientOptions } from './options.js';
import { resolveRequestOptions } from './options.js';
import type { Reply, ReplyOwner } from './reply.js';
import { PendingReply } from './reply.js';
import type { ClientPort } from './state/client-state.js';
import { ClientState } from './state/client-state.js';
import type { Endpoint } from './state/endpoint.js';
import { Exchange } from './state/exchange.js';
import type { Link, LinkHandle } from './state/link.js';
import type { MxHandle, MxLink } from './state/mx-link.js';
import type { ClientStats } from './stats.js';
import { NameWatch } from './name-watch.js';
import { endpointStats } from './stats.js';
import { WakeUp } from './wake-up.js';
import { Wire } from './wire.js';

/** What every connection reports to the engine. After its `close()` it reports nothing. */
interface ConnectionEvents<L> {
  /** The handshake is done. */
  up(link: L): void;
  /** The connection could not be made. It will be tried again, unless that is final. */
  refused(link: L, refusal: Refusal): void;
  /** It broke or failed, and everything that had come on it was delivered. */
  lost(link: L, cause?: unknown): void;
}

/** What a strict connection reports. */
export interface LinkEvents extends ConnectionEvents<Link> {
  /** The attempt that it carries has failed for this reason, and nothing more will come. */
  failed(link: Link, error: RequestError): void;
  /** The message that was asked for. */
  message(link: Link, frames: Frame[]): void;
}

/** What an MX connection reports. */
export interface MxLinkEvents extends ConnectionEvents<MxLink> {
  /** A message, or the answer to the question whether the broker speaks MX. */
  mxMessage(link: MxLink, frames: Frame[]): void;
  /** What could not leave has left: it is no longer blocked. */
  unblocked(link: MxLink): void;
}

/** Opens connections: over ZeroMQ, or in a mock. */
export type OpenLink = (link: Link, events: LinkEvents, options: ResolvedClientOptions) => LinkHandle;

/** Opens MX connections. */
export type OpenMxLink = (link: MxLink, events: MxLinkEvents, options: ResolvedClientOptions) => MxHandle;

/** The inside of a client. */
export class Engine implements ClientPort, LinkEvents, MxLinkEvents, ReplyOwner {
  readonly options: ResolvedClientOptions;
  readonly #open: OpenLink;
  readonly #openMx: OpenMxLink;
  readonly #wire: Wire;
  readonly #state: ClientState;
  readonly #wakeUp: WakeUp;
  /** Names requests that may be repeated and were given no name: no two, of whichever client, have the same. */
  readonly #keys: TokenMint | undefined;
  readonly #names: NameWatch | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;

  /** @param lookUp - how names are looked up; without it they are addresses like others */
  constructor(options: ResolvedClientOptions, open: OpenLink, openMx: OpenMxLink, lookUp?: LookUp) {
    this.options = options;
    this.#open = open;
    this.#openMx = openMx;
    this.#wire = new Wire(options.dialect, options.wire !== 'rfc18');
    this.#keys = options.wire === 'rfc18' ? undefined : new TokenMint(randomBytes(NONCE_LENGTH));
    const looks = lookUp !== undefined && options.names === 'all';
    const names = new Set(looks ? options.endpoints.filter(isNamed) : []);
    this.#state = new ClientState({ ...options, names, random: Math.random, madeAt: performance.now() }, this);
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#wakeUp = new WakeUp(() => {
      const now = performance.now();
      this.#state.tick(now);
      this.#arm(now);
    });
    if (lookUp !== undefined && names.size > 0) this.#names = this.#watch(names, lookUp);
    options.signal?.addEventListener('abort', this.#onAbortAll, { once: true });
  }

  #watch(names: ReadonlySet<string>, lookUp: LookUp): NameWatch {
    return new NameWatch(names, this.options.resolveIntervalMs, lookUp, {
      found: (name, addresses) => {
        const now = performance.now();
        this.#state.setAddresses(now, name, addresses);
        this.#arm(now);
      },
      failed: (name, reason) => {
        this.#state.nameFailed(name, reason);
      },
      waits: () => this.#state.pending > 0,
    });
  }

  /** Make a request. */
  request(service: string, body: FrameLike | readonly FrameLike[], options: RequestOptions | undefined): Reply {
    const defaults = this.options.request;
    const resolved = options === undefined ? undefined : resolveRequestOptions(defaults, options);
    const target = this.#wire.target(service);
    let frames = this.#wire.body(body);
    let trace = resolved?.trace;
    let reply: PendingReply;
    if (isWatched()) {
      const watched = new WatchedReply(this, service, frames, trace);
      trace = watched.begin();
      reply = watched;
    } else reply = new PendingReply(this);
    const inFront = this.options.traceFrame && !service.startsWith(MMI_PREFIX);
    if (trace !== undefined && inFront) frames = this.#wire.body([encodeTraceFrame(trace), ...frames]);
    const policy = resolved?.policy ?? defaults;
    const name = resolved?.key ?? (policy.attempts > 1 ? this.#keys : undefined);
    const exchange = new Exchange(target, frames, policy, reply, name);
    if (trace !== undefined && !inFront) exchange.trace = encodeTraceContext(trace);
    reply.bind(exchange);
    const own = resolved?.signal;
    const aborted =
      own?.aborted === true ? own : this.options.signal?.aborted === true ? this.options.signal : undefined;
    if (aborted !== undefined) {
      this.#state.refuse(
        exchange,
        new AbortedError(`the request to "${service}" was aborted`, exchange, { cause: aborted.reason }),
      );
      return reply;
    }
    const now = performance.now();
    if (own !== undefined) reply.obey(own);
    this.#names?.start();
    this.#state.submit(now, exchange);
    this.#arm(now);
    return reply;
  }

  stats(): ClientStats {
    const { pool, pending, queued, counters } = this.#state;
    return {
      endpoints: this.#state.everywhere.map((endpoint) => endpointStats(endpoint, this.options.dialect)),
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

  openMx(link: MxLink): MxHandle {
    return this.#openMx(link, this, this.options);
  }

  saidNo({ address, reason }: Endpoint): void {
    const { onRefused } = this.options;
    // After what happens now: it may call the client.
    if (onRefused !== undefined) process.nextTick(onRefused, { endpoint: address, reason });
  }

  closed(): void {
    this.#wakeUp.close();
    this.#names?.close();
    this.options.signal?.removeEventListener('abort', this.#onAbortAll);
    this.#resolveClosed();
  }

  // What connections report.

  up(link: Link | MxLink): void {
    const now = performance.now();
    this.#state.up(now, link);
    this.#arm(now);
  }

  refused(link: Link | MxLink, refusal: Refusal): void {
    const now = performance.now();
    this.#state.refused(now, link, refusal);
    this.#names?.refresh(link.endpoint.name);
    this.#arm(now);
  }

  lost(link: Link | MxLink, cause?: unknown): void {
    const now = performance.now();
    this.#state.lost(now, link, cause);
    this.#names?.refresh(link.endpoint.name);
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

  mxMessage(link: MxLink, frames: Frame[]): void {
    const now = performance.now();
    if (link.phase === 'asking') this.#state.answer(now, link, decodeMxAnswer(frames));
    else if (link.answersDue > 0 && frames[0] !== undefined && !isMxFrame(frames[0])) {
      this.#state.checked(now, link, decodeMxAnswer(frames));
    } else {
      const message = decodeMx(frames);
      if (message.type === 'batch') this.#state.receiveMx(now, link, message.records);
      else this.#state.invalidMx(now, link, `a message that is not MX (${message.reason})`);
    }
    this.#arm(now);
  }

  unblocked(): void {
    const now = performance.now();
    this.#state.unblocked(now);
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

  readonly #onAbortAll = (): void => {
    const now = performance.now();
    this.#state.abortAll("the client's requests were aborted", this.options.signal?.reason);
    this.#arm(now);
  };

  #arm(now: number): void {
    this.#wakeUp.arm(now, this.#state.nextDeadline(), this.#state.pending > 0);
  }
}
