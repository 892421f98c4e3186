// SPDX-License-Identifier: Apache-2.0
// run-handler - one request through its handler: what it returns, yields or throws becomes the reply

import { isFrame, toFrames } from '@mdp/protocol';
import { Watched, isWatched } from './diagnostics.js';
import { failureOf } from './failure.js';
import type { Handler, Job, Reply } from './request.js';
import type { Responder } from './responder.js';

type Step = IteratorResult<Reply, Reply>;

/** A stream, step by step. */
export interface Steps {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

/** Says that a stream was broken off because nobody wants the rest. */
const OVER = Symbol('over');

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** The stream that a handler gave: a generator, or anything that can be iterated asynchronously. Frames are none. */
export function streamOf(value: unknown): Steps | undefined {
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
async function pump(job: Job, stream: Steps, responder: JobResponder): Promise<Reply | typeof OVER> {
  let open = false;
  try {
    for (;;) {
      const step = await stream.next();
      if (step.done === true) return step.value;
      open = true;
      const frames = toFrames(step.value as never, 'partial');
      responder.check(frames);
      if (!(await responder.partial(job, frames))) return OVER;
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
  /** It has ended; its request may have been lost long ago. */
  handlerEnded(job: Job): void;
}

/** Sends what a handler says. */
export type JobResponder = Pick<Responder, 'check' | 'partial' | 'final' | 'fail'>;

/** Whether a handler's outcome is its reply already: most are, and need no promise. */
function isReply(outcome: unknown): boolean {
  return typeof outcome !== 'object' || outcome === null || isFrame(outcome) || Array.isArray(outcome);
}

/** Serve one request: PARTIALs and exactly one FINAL (RFC 18, MDP-W-16, MDP-W-17). Never throws. */
export function runHandler(job: Job, handler: Handler, responder: JobResponder, watcher: HandlerWatcher): void {
  if (!isWatched()) {
    serve(job, handler, responder, watcher);
    return;
  }
  new Watched(job, watcher).run((watched) => {
    serve(job, handler, responder, watched);
  });
}

function serve(job: Job, handler: Handler, responder: JobResponder, watcher: HandlerWatcher): void {
  try {
    const outcome = handler(job, job);
    if (!isReply(outcome)) {
      void serveLater(job, outcome, responder, watcher);
      return;
    }
    sendFinal(job, outcome, responder);
  } catch (error) {
    fail(job, error, responder, watcher);
  }
  watcher.handlerEnded(job);
}

async function serveLater(job: Job, outcome: unknown, responder: JobResponder, watcher: HandlerWatcher): Promise<void> {
  try {
    let reply = isPromise(outcome) ? await outcome : outcome;
    const stream = streamOf(reply);
    if (stream !== undefined) reply = await pump(job, stream, responder);
    if (reply !== OVER) sendFinal(job, reply, responder);
    // A stream that nobody wants any more is broken off; where its request still stands, that has to end as well.
    else if (job.cancelled && job.stage === 'running') responder.final(job, []);
  } catch (error) {
    fail(job, error, responder, watcher);
  }
  watcher.handlerEnded(job);
}

function sendFinal(job: Job, reply: unknown, responder: JobResponder): void {
  const frames = reply === undefined ? [] : toFrames(reply as never, 'reply');
  responder.check(frames);
  responder.final(job, frames);
}

function fail(job: Job, error: unknown, responder: JobResponder, watcher: HandlerWatcher): void {
  const wanted = !job.aborted;
  responder.fail(job, failureOf(error));
  if (wanted) watcher.handlerFailed(error, job);
}
