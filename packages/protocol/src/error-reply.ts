// SPDX-License-Identifier: Apache-2.0
// error-reply - MDPE01: a FINAL that says why there is no result (an extension: RFC 18 has no error command)

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { bytes, text } from './frame.js';

/** The statuses of error replies. */
export const STATUS = {
  /** The request itself is malformed. */
  MALFORMED: 400,
  /** The client's endpoint may not call the service. */
  FORBIDDEN: 403,
  /** No worker came for the service before the request expired. */
  NO_WORKER: 404,
  /** The body is larger than the broker takes, or has more frames. */
  TOO_LARGE: 413,
  /** A quota is used up or a queue is full. */
  OVERLOADED: 429,
  /** The worker's handler failed. */
  HANDLER_FAILED: 500,
  /** The worker was lost and no attempt is left. */
  WORKER_LOST: 502,
  /** The broker is stopping. */
  DRAINING: 503,
  /** The deadline has passed. */
  DEADLINE: 504,
} as const;

/** Statuses that only a broker may use: a worker that sends one is answered with 500 in its place. */
export const BROKER_STATUSES: readonly number[] = [404, 429, 502, 503, 504];

const HEADER = bytes('MDPE01');

/** What an error reply says. */
export interface ErrorReply {
  /** Three digits, 100 to 999. */
  readonly status: number;
  /** For people; UTF-8. */
  readonly message: string;
}

/**
 * The three body frames of an error reply: `MDPE01`, three digits, a message in UTF-8.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when the status has not three digits
 */
export function encodeErrorReply(status: number, message: string): Frame[] {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new ArgumentError('status', status, 'a whole number from 100 to 999');
  }
  return [HEADER, bytes(String(status)), bytes(message)];
}

/**
 * Read the body of a FINAL as an error reply.
 *
 * @returns `undefined` when it is an ordinary result: anything but exactly three frames, `MDPE01` first, three digits
 * second, UTF-8 third
 */
export function decodeErrorReply(body: readonly Frame[]): ErrorReply | undefined {
  if (body.length !== 3) return undefined;
  const [header, digits, message] = body as [Frame, Frame, Frame];
  // "MDPE01" differs from the headers of commands only in its fourth byte, so it is compared whole.
  if (header.length !== 6 || digits.length !== 3) return undefined;
  for (let i = 0; i < 6; i++) if (header[i] !== HEADER[i]) return undefined;
  let status = 0;
  for (const digit of digits) {
    if (digit < 0x30 || digit > 0x39) return undefined;
    status = status * 10 + digit - 0x30;
  }
  const words = text(message);
  return status < 100 || words === undefined ? undefined : { status, message: words };
}
