// SPDX-License-Identifier: Apache-2.0
// failure - what a handler threw becomes the status and the words of an error reply

import type { ErrorReply } from '@mdp/protocol';
import { BROKER_STATUSES, STATUS } from '@mdp/protocol';

/** The longest message of an error reply, in UTF-16 units. */
const MAX_MESSAGE_LENGTH = 4_096;

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  if (typeof message === 'string') return message;
  try {
    return String(error);
  } catch {
    // An object without a prototype, for one.
    return 'something was thrown that has no text';
  }
}

/** That of our own `RemoteError` always is one. */
function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999;
}

/**
 * The error reply for what a handler threw: 500 and its message, or the status of a `RemoteError`. The statuses that a
 * broker keeps for itself become 500, and the message says so.
 */
export function failureOf(error: unknown): ErrorReply {
  const message = messageOf(error).slice(0, MAX_MESSAGE_LENGTH);
  // By its code, not its class: the handler's RemoteError may come from another copy of the package.
  const { code, status } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    status?: unknown;
  };
  if (code !== 'MDP_REMOTE' || !isStatus(status)) return { status: STATUS.HANDLER_FAILED, message };
  if (BROKER_STATUSES.includes(status)) {
    return { status: STATUS.HANDLER_FAILED, message: `${message} (status ${String(status)} is for brokers only)` };
  }
  return { status, message };
}
