// SPDX-License-Identifier: Apache-2.0
// diagnostics - the broker's diagnostics channels: each request from when it was accepted to its end, for who listens

import { channel } from 'node:diagnostics_channel';
import type { Frame, TraceContext } from '@mdp/protocol';
import { decodeTraceContext } from '@mdp/protocol';
import type { PeerDialect, WorkerInfo } from './events.js';
import { describePeer, describeWorker } from './state/describe.js';
import type { RequestEnd, RequestWatch } from './state/port.js';
import type { Request } from './state/request.js';
import type { Worker } from './state/worker.js';

/**
 * What the channels `mdp.broker.request.start`, `mdp.broker.request.dispatch` and `mdp.broker.request.end` tell of a request:
 * one object for all of them, so that it can be the key of a `WeakMap`.
 *
 * A request is told of from when it is accepted: what is refused before is the event `requestFailed`.
 */
export interface BrokerRequestMessage {
  /** The service that is asked. */
  readonly service: string;
  /** The client: its routing id and address in hexadecimal. */
  readonly client: string;
  /** What the client speaks. */
  readonly dialect: PeerDialect;
  /** Its name over all attempts; `undefined` when it has none, or when the wire does not tell. */
  readonly id: Frame | undefined;
  /** The trace that it belongs to; `undefined` when it has none, or when the wire does not tell. */
  readonly trace: TraceContext | undefined;
  /** The worker that it was given to last; `undefined` as long as it waits for its first one. */
  readonly worker: WorkerInfo | undefined;
  /** How often it was given to a worker. */
  readonly attempts: number;
  /** At the end: how it ended. */
  readonly outcome: RequestEnd | undefined;
  /** At the end: the status of the error reply, when `outcome` is `failed`. */
  readonly status: number | undefined;
}

type Writable = { -readonly [K in keyof BrokerRequestMessage]: BrokerRequestMessage[K] };

const start = channel('mdp.broker.request.start');
const dispatch = channel('mdp.broker.request.dispatch');
const end = channel('mdp.broker.request.end');

/** Tells the channels of one request. */
class WatchedRequest implements RequestWatch {
  readonly #message: Writable;

  constructor({ service, envelope, dialect, identity }: Request) {
    this.#message = {
      service: service.name,
      client: describePeer(envelope),
      dialect,
      id: identity === undefined || identity.key.length === 0 ? undefined : identity.key,
      trace: identity?.trace === undefined ? undefined : decodeTraceContext(identity.trace),
      worker: undefined,
      attempts: 0,
      outcome: undefined,
      status: undefined,
    };
    start.publish(this.#message);
  }

  dispatched(worker: Worker): void {
    this.#message.worker = describeWorker(worker);
    this.#message.attempts += 1;
    dispatch.publish(this.#message);
  }

  ended(outcome: RequestEnd, status?: number): void {
    this.#message.outcome = outcome;
    this.#message.status = status;
    end.publish(this.#message);
  }
}

/** A request was accepted: tell the channels of it, if anybody listens. */
export function watchRequest(request: Request): RequestWatch | undefined {
  const wanted = start.hasSubscribers || dispatch.hasSubscribers || end.hasSubscribers;
  return wanted ? new WatchedRequest(request) : undefined;
}
