// SPDX-License-Identifier: Apache-2.0
// run-handler - one request through its handler: what it returns, yields or throws becomes the reply

import { toFrames } from '@mdp/protocol';
import { failureOf } from './failure.js';
import type { Handler, Job, Reply } from './request.js';
import type { Responder } from './responder.js';

type Step = IteratorResult<Reply, Reply>;

interface Steps {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

/** Says that a stream was broken off because nobody wants the rest. */
const OVER = Symbol('over');

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** The stream that a handler gave: a generator, or anything that can be iterated asynchronously. Frames are none. */
function streamOf(value: unknown): Steps | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const open = (value as { [Symbol.asyncIterator]?: () => Steps })[Symbol.asyncIterator];
  if (typeof open === 'function') return open.call(value);
  return typeof (value as { next?: unknown }).next === 'function' ? (value as Steps) : undefined;
}

/**
 * Send what a stream yields, one PARTIAL at a time: the next one is asked for when the socket has taken the last.
 *
 * @returns what it returned
 */
async function pump(job: Job, stream: Steps, responder: Responder): Promise<Reply | typeof OVER> {
  let open = false;
  try {
    for (;;) {
      const step = await stream.next();
      if (step.done === true) return step.value;
      open = true;
      if (!(await responder.partial(job, toFrames(step.value as never, 'partial')))) return OVER;
      open = false;
    }
  } finally {
    // Broken off between two parts, it gets to run its own `finally`.
    if (open) await stream.return?.();
  }
}

/** Who is told how a handler fared. */
export interface HandlerWatcher {
  /** What it threw while its reply was still wanted. */
  handlerFailed(error: unknown, job: Job): void;
  /** It has ended, long after its request was lost. */
  orphanEnded(): void;
}

/** Serve one request: PARTIALs and exactly one FINAL (RFC 18, MDP-W-16, MDP-W-17). Never rejects. */
export async function runHandler(
  job: Job,
  handler: Handler,
  responder: Responder,
  watcher: HandlerWatcher,
): Promise<void> {
  try {
    const outcome = handler(job, job);
    let reply: unknown = isPromise(outcome) ? await outcome : outcome;
    const stream = streamOf(reply);
    if (stream !== undefined) reply = await pump(job, stream, responder);
    if (reply !== OVER) responder.final(job, reply === undefined ? [] : toFrames(reply as never, 'reply'));
  } catch (error) {
    const wanted = !job.aborted;
    responder.fail(job, failureOf(error));
    if (wanted) watcher.handlerFailed(error, job);
  }
  if (job.aborted) watcher.orphanEnded();
}
