// SPDX-License-Identifier: Apache-2.0
// settings - what governs the state of a connection, and where it may stand

import type { BackoffOptions } from '@mdp/protocol/internal';

/** What governs a connection. */
export interface ConnectionSettings {
  /** A HEARTBEAT is due when nothing was sent for so long, in milliseconds. */
  readonly intervalMs: number;
  /** The broker is lost when nothing came for so long, in milliseconds. */
  readonly expiryMs: number;
  /** How long to wait before a new socket. */
  readonly backoff: BackoffOptions;
  /**
   * The broker speaks a legacy dialect. Such brokers send no HEARTBEAT to a worker that holds a request, and never give
   * its request to another one.
   */
  readonly legacy: boolean;
  /** How many requests it holds at once: 1 on a strict wire, the sum of all credits on MX. */
  readonly capacity: number;
  /** The services that the broker confirms to have taken back. Only MX does; on a strict wire there are none. */
  readonly confirmed: readonly string[];
  /**
   * The broker is asked whether it speaks MX before READY is sent: how long its answer is waited for once the transport
   * stands, in milliseconds. Without it nothing is asked.
   */
  readonly answerMs: number | undefined;
  /**
   * How long nothing is begun after a stall of a connection that goes on, in milliseconds: for so long a broker that has given
   * it up meanwhile may take to say so. 0 where no request may come beside one that runs.
   */
  readonly doubtMs: number;
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number;
}

/**
 * Where a connection stands.
 *
 * ```text
 * stopped --start--> connecting --connected, or any command--> idle <--last FINAL, REQUEST--> busy
 *            `--connected, when the broker is asked--> asking --yes--> idle
 *                                                      asking --no, silence--> stopped
 *            backoff --time--> connecting    asking, idle, busy --DISCONNECT, silence, break--> backoff
 *            any --drain--> stopped (busy: after the last FINAL)      any --abandon--> stopped
 * ```
 *
 * - `stopped`: no socket, and none to come by itself
 * - `backoff`: no socket; a new one when the wait is over
 * - `connecting`: READY, or the question, was given to the socket; nothing is expected of the broker before the transport
 *   stands, and no HEARTBEAT is sent
 * - `asking`: the transport stands, and the broker has not answered the question yet
 * - `idle`: registered, as far as RFC 18 lets a worker know
 * - `busy`: holds a request, or several
 */
export type ConnectionPhase = 'stopped' | 'backoff' | 'connecting' | 'asking' | 'idle' | 'busy';
