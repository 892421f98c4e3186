// SPDX-License-Identifier: Apache-2.0
// diagnostics - the worker's diagnostics channels: each request that is served, from its beginning to its end, for who listens

import { channel } from 'node:diagnostics_channel';
import type { Job, WorkerRequest } from './request.js';
import type { HandlerWatcher } from './run-handler.js';

/**
 * What the channels `mdp.worker.request.start` and `mdp.worker.request.end` tell of a request: one object for both, so that
 * it can be the key of a `WeakMap`. What is bound to the store of an `AsyncLocalStorage` at `start` holds within the handler.
 */
export interface WorkerRequestMessage {
  /** The request, with its `trace`. */
  readonly request: WorkerRequest;
  /** At the end: what the handler threw; `undefined` when it did not, or when nobody waited for the reply any more. */
  readonly error: unknown;
}

type Writable = { -readonly [K in keyof WorkerRequestMessage]: WorkerRequestMessage[K] };

const start = channel('mdp.worker.request.start');
const end = channel('mdp.worker.request.end');

/** Whether anybody wants to know of requests. */
export function isWatched(): boolean {
  return start.hasSubscribers || end.hasSubscribers;
}

/** Runs a handler, and tells of its beginning and its end. */
export class Watched implements HandlerWatcher {
  readonly #message: Writable;
  readonly #watcher: HandlerWatcher;

  constructor(request: WorkerRequest, watcher: HandlerWatcher) {
    this.#message = { request, error: undefined };
    this.#watcher = watcher;
  }

  /** Tell of its beginning, and run what serves it in the contexts that subscribers bind. */
  run(serve: (watcher: HandlerWatcher) => void): void {
    start.runStores(this.#message, () => {
      serve(this);
    });
  }

  handlerFailed(error: unknown, job: Job): void {
    this.#message.error = error;
    this.#watcher.handlerFailed(error, job);
  }

  handlerEnded(job: Job): void {
    end.publish(this.#message);
    this.#watcher.handlerEnded(job);
  }
}

/** A pulled request is taken up by its consumer. @returns tells of its end; `undefined` when nobody wants to know */
export function pulled(request: WorkerRequest): ((error?: unknown) => void) | undefined {
  if (!isWatched()) return undefined;
  const message: Writable = { request, error: undefined };
  start.publish(message);
  return (error) => {
    message.error = error;
    end.publish(message);
  };
}
