// SPDX-License-Identifier: Apache-2.0
// mock-script - how a mock answers: what a test writes, turned into parts one after another

import type { Frame, FrameLike, RemoteError } from '@mdp/protocol';
import { ArgumentError, isFrame, toFrames } from '@mdp/protocol';
import { durationOption, refuseUnknownOptions } from '@mdp/protocol/internal';

/** The body of one part: one frame or several; strings are sent as UTF-8. An empty array is one empty frame. */
export type MockBody = FrameLike | readonly FrameLike[];

/** One answer, step by step: the delay, then the PARTIALs, then the end. */
export interface MockScript {
  /** How long to wait before the first part, in whole milliseconds. Default 0. */
  readonly delayMs?: number | undefined;
  /** PARTIALs, in order. Default none. */
  readonly partials?: readonly MockBody[] | undefined;
  /** The FINAL. Default one empty frame. Not together with `fail`. */
  readonly final?: MockBody | undefined;
  /**
   * How it ends without a FINAL:
   *
   * - a RemoteError: the error reply with its status and message;
   * - `timeout`: TimeoutError `MDP_TIMEOUT` at once, without waiting for the time;
   * - `disconnect`: DisconnectedError `MDP_DISCONNECTED`, as when the broker goes away;
   * - `silence`: nothing more comes; the request ends by its own deadline or signal.
   */
  readonly fail?: RemoteError | 'timeout' | 'disconnect' | 'silence' | undefined;
}

/** One attempt of a request as a handler sees it. */
export interface MockCall {
  readonly service: string;
  /** One or more frames, as the broker would have got them. */
  readonly body: readonly Frame[];
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** What a handler makes of a call: the FINAL or a script; or, as a generator, PARTIALs and then one of these. */
export type MockResult = MockBody | MockScript;

/**
 * An answer in code. It may throw: a RemoteError becomes the error reply with its status, anything else one with status
 * 500, as with a worker.
 */
export type MockHandler = (
  call: MockCall,
) =>
  | MockResult
  | Promise<MockResult>
  | Generator<MockBody, MockResult, undefined>
  | AsyncGenerator<MockBody, MockResult, undefined>;

/** One answer. */
export type MockAnswer = MockResult | MockHandler;

const SCRIPT_OPTIONS = ['delayMs', 'partials', 'final', 'fail'];

/** Whether it is a script, not a body. */
export function isScript(result: MockResult): result is MockScript {
  return typeof result === 'object' && !Array.isArray(result) && !isFrame(result);
}

/**
 * Check an answer when it is given, so that the mistake shows there.
 *
 * @throws ArgumentError `MDP_INVALID_ARGUMENT`
 */
export function checkAnswer(answer: MockAnswer): void {
  if (typeof answer === 'function') return;
  if (!isScript(answer)) {
    toFrames(answer, 'answer');
    return;
  }
  checkScript(answer);
  for (const part of answer.partials ?? []) toFrames(part, 'partials');
  if (answer.final !== undefined) toFrames(answer.final, 'final');
}

/**
 * Check a script, but not its bodies.
 *
 * @throws ArgumentError `MDP_INVALID_ARGUMENT`
 */
export function checkScript(script: Pick<MockScript, 'delayMs' | 'fail'> & { readonly final?: unknown }): void {
  refuseUnknownOptions(script, SCRIPT_OPTIONS);
  durationOption('delayMs', script.delayMs, 0);
  if (script.final === undefined || script.fail === undefined) return;
  throw new ArgumentError('fail', script.fail, 'left out when there is a final');
}

/** How an answer ends: with its FINAL, or failing. */
export type MockEnd = { readonly final: MockBody } | { readonly fail: NonNullable<MockScript['fail']> };

/** Play an answer: it yields the PARTIALs and returns the end. `sleep` waits for so many milliseconds. */
export async function* play(
  answer: MockAnswer,
  call: MockCall,
  sleep: (ms: number) => Promise<void>,
): AsyncGenerator<MockBody, MockEnd, undefined> {
  let result: MockResult;
  if (typeof answer === 'function') {
    const made = answer(call);
    result = isGenerator<MockBody, MockResult>(made) ? yield* made : await made;
  } else result = answer;
  if (!isScript(result)) return { final: result };
  checkAnswer(result);
  if (result.delayMs !== undefined && result.delayMs > 0) await sleep(result.delayMs);
  if (result.partials !== undefined) yield* result.partials;
  return result.fail === undefined ? { final: result.final ?? '' } : { fail: result.fail };
}

/** Whether a function has given a stream, not an answer. */
export function isGenerator<Part, End>(
  made: unknown,
): made is Generator<Part, End, undefined> | AsyncGenerator<Part, End, undefined> {
  return typeof made === 'object' && made !== null && typeof (made as { next?: unknown }).next === 'function';
}
