// SPDX-License-Identifier: Apache-2.0
// management - what the broker says of itself over MMI (RFC 8), read into values

import type { Frame, LatencyHistogram } from '@mdp/protocol';
import { ProtocolError, RemoteError, text } from '@mdp/protocol';

/**
 * One service as the broker sees it: the answer of `mmi.services`, an extension of this project's broker. What may be
 * missing is counted since the broker knows the service: see `ServiceStats` of `@mdp/broker`. Another version may not have it.
 */
export interface ServiceInfo {
  readonly name: string;
  /** Registered workers: waiting and busy ones. */
  readonly workers: number;
  readonly waiting: number;
  readonly busy: number;
  /** Requests that wait for a worker. */
  readonly queued: number;
  /** How long the one of them waits that was queued first, in milliseconds; 0 when none waits. */
  readonly oldestMs?: number;
  /** REQUESTs for it. */
  readonly requests?: number;
  /** Attempts: REQUESTs given to workers. */
  readonly dispatched?: number;
  /** PARTIALs passed on to clients. */
  readonly partials?: number;
  /** FINALs passed on to clients. */
  readonly finals?: number;
  /** Requests that ended with an error, by status, as far as there were any. */
  readonly failed?: Readonly<Record<number, number>>;
  /** Requests that ended because their client took them back. */
  readonly cancelled?: number;
  /** Requests that ended because their client was gone. */
  readonly abandoned?: number;
  /** Requests taken from a lost worker and queued again. */
  readonly recovered?: number;
  /** Bytes in the bodies of its requests. */
  readonly bytesIn?: number;
  /** Bytes in the bodies of the replies of its workers. */
  readonly bytesOut?: number;
  /** How long requests waited until a worker was given them, one for each attempt. */
  readonly waitMs?: LatencyHistogram;
  /** How long workers took, from when they were given a request to their FINAL. */
  readonly serviceMs?: LatencyHistogram;
}

/** What a broker says of itself: the answer of `mmi.broker`, an extension of this project's broker. */
export interface BrokerInfo {
  readonly version: string;
  readonly uptimeMs: number;
  /** More, by version: dialects, limits, counters. */
  readonly [more: string]: unknown;
}

/**
 * Read the answer of `mmi.service`.
 *
 * @throws ProtocolError `MDP_PROTOCOL` when it is neither 200 nor 404
 */
export function readFound(frames: readonly Frame[]): boolean {
  const status = frames[0] === undefined ? undefined : text(frames[0]);
  if (status === '200') return true;
  if (status === '404') return false;
  throw unexpected('mmi.service', status);
}

/**
 * Read an answer that is JSON after a 200 frame.
 *
 * @throws RemoteError `MDP_REMOTE` with status 501 when the broker does not have this service; ProtocolError
 * `MDP_PROTOCOL` when the answer is something else
 */
export function readJson(service: string, frames: readonly Frame[]): unknown {
  const [status, json] = frames.map((frame) => text(frame));
  if (status === '501') throw new RemoteError(501, `the broker does not implement ${service}`, facts(service));
  if (status !== '200' || json === undefined) throw unexpected(service, status);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ProtocolError(`the answer of ${service} is no JSON`, facts(service), { cause });
  }
}

function unexpected(service: string, status: string | undefined): ProtocolError {
  return new ProtocolError(`${service} answered ${JSON.stringify(status?.slice(0, 40) ?? 'bytes')}`, facts(service));
}

function facts(service: string): { service: string; attempts: number } {
  return { service, attempts: 1 };
}
