// SPDX-License-Identifier: Apache-2.0
// stats - what a broker counts and how it looks from outside

import type { LatencyHistogram } from '@mdp/protocol';
import type { Role } from './endpoint-options.js';
import type { WorkerInfo } from './events.js';
import type { RefusalReason } from './security/gatekeeper.js';

/** Everything that is counted from the start of the broker on. Nothing is dropped without one of these going up. */
export interface BrokerCounters {
  /** Messages that arrived, of any kind; one of MX may hold many commands. */
  received: number;
  /** Messages that were handed to ZeroMQ. */
  sent: number;
  /** REQUESTs of clients, MMI's included. */
  requests: number;
  /** Attempts: REQUESTs given to workers. */
  dispatched: number;
  /** PARTIALs passed on to clients. */
  partials: number;
  /** FINALs passed on to clients. */
  finals: number;
  /** Requests to `mmi.` services that were answered. */
  mmi: number;
  /** Requests taken from a lost worker and queued again. */
  recovered: number;
  /** Requests that ended because their client was gone. */
  abandoned: number;
  /** Requests that ended because their client took them back; only MX clients can. */
  cancelled: number;
  /** Requests that ended with an error, by status; whether or not the client could be told. */
  failed: Record<number, number>;
  /** Error replies that a Majortomo or MDP/0.1 client was not sent. */
  errorsWithheld: number;
  /** Workers that registered. */
  workersReady: number;
  /** Workers that were lost, by reason. */
  workersLost: Record<string, number>;
  /** HEARTBEATs sent to workers, probes included. */
  heartbeatsSent: number;
  /** DISCONNECTs sent to workers. */
  disconnectsSent: number;
  /** Messages that were dropped, by cause. */
  dropped: Record<DropCause, number>;
  /** Invalid messages by reason; their sum is `dropped.invalid`. */
  invalid: Record<string, number>;
  /** Peers that were let in because of their key. */
  keysAccepted: number;
  /** Peers that were not let in, by reason. */
  keysRefused: Record<RefusalReason, number>;
  /** Handshakes that failed, refusals included: who was refused, who spoke no ZMTP or not that of the endpoint, and the rest. */
  handshakesFailed: Record<HandshakeFailure, number>;
  /** How often ZeroMQ tried in vain to accept a connection, again and again for the same one: no file can be opened any more. */
  acceptsFailed: number;
  /** Milliseconds that the process stood still for, as far as it was noticed. */
  stalledMs: number;
}

/** How a handshake failed: the key was refused; it was no ZMTP, not encrypted or with a wrong key; it broke off or took too long. */
export type HandshakeFailure = 'auth' | 'protocol' | 'other';

/** Why a message was dropped. */
export type DropCause =
  /** It is no message. */
  | 'invalid'
  /** Its connection had too many strikes. */
  | 'banned'
  /** Its sender is not allowed on this endpoint. */
  | 'role'
  /** A READY for a service that is not among those of its endpoint; the worker got DISCONNECT. */
  | 'forbidden'
  /** A valid command at the wrong time; the worker got DISCONNECT. */
  | 'unexpected'
  /** Sent after this broker had said DISCONNECT to its sender. */
  | 'afterDisconnect'
  /** A reply with a token of another broker, or of this one before it was restarted. */
  | 'foreignToken'
  /** A reply to an attempt that is over or is another worker's. */
  | 'lateToken'
  /** A reply to an attempt that never was. */
  | 'forgedToken'
  /** A reply whose client is gone. */
  | 'clientGone'
  /** A reply to a request that its client took back. */
  | 'cancelled'
  /** A reply to a stream that was broken off. */
  | 'brokenStream'
  /** A message that its receiver was too slow to take. */
  | 'slowReader'
  /** A message whose receiver is gone. */
  | 'unreachable'
  /** A READY beyond the number of workers or services that are allowed; the worker got DISCONNECT. */
  | 'tooManyWorkers'
  /** A READY while the broker stops; the worker got DISCONNECT. */
  | 'draining'
  /** A message of a new connection while too many are in use. */
  | 'tooManyConnections';

/**
 * One service as it stands now, and what was counted since the broker knows it. A service is forgotten when it has neither
 * workers nor requests; when it comes back, it goes on counting where it was, unless 1,000 others have gone since then or no
 * worker was ever given a request for it.
 *
 * Each request ends in one of four ways: when none waits or runs, `requests` is the sum of `finals`, `failed`,
 * `cancelled` and `abandoned`. What is refused before it comes to a service (403, 413, 429 for too many requests a second
 * or services, 503) is in {@link BrokerCounters} only.
 */
export interface ServiceStats {
  readonly name: string;
  /** Registered workers: waiting and busy ones. */
  readonly workers: number;
  readonly waiting: number;
  readonly busy: number;
  /** Requests that wait for a worker. */
  readonly queued: number;
  /** How long the one of them waits that was queued first, in milliseconds; 0 when none waits. */
  readonly oldestMs: number;
  /** REQUESTs for it. */
  readonly requests: number;
  /** Attempts: REQUESTs given to workers. */
  readonly dispatched: number;
  /** PARTIALs passed on to clients. */
  readonly partials: number;
  /** FINALs passed on to clients. */
  readonly finals: number;
  /** Requests that ended with an error, by status, as far as there were any; whether or not the client could be told. */
  readonly failed: Readonly<Record<number, number>>;
  /** Requests that ended because their client took them back; only MX clients can. */
  readonly cancelled: number;
  /** Requests that ended because their client was gone. */
  readonly abandoned: number;
  /** Requests taken from a lost worker and queued again. */
  readonly recovered: number;
  /** Bytes in the bodies of its requests. */
  readonly bytesIn: number;
  /** Bytes in the bodies of replies of its workers that were wanted; errors are replies, too. */
  readonly bytesOut: number;
  /**
   * How long requests waited, from when they came, or were queued again, until a worker was given them; one for each attempt.
   * Times are those of the broker's turns: it reads the clock once for all that has arrived, and leaves out when the process
   * stood still.
   */
  readonly waitMs: LatencyHistogram;
  /** How long workers took, from when they were given a request to their FINAL; of those that its client still waited for. */
  readonly serviceMs: LatencyHistogram;
}

/** One registered worker as it stands now; one with several services on one MX connection is one for each of them. */
export interface WorkerStats extends WorkerInfo {
  /** How long it has been registered, in milliseconds; time for which the process stood still is left out. */
  readonly ageMs: number;
  /** How long nothing has come from it, in milliseconds. */
  readonly silentMs: number;
  /** Requests that it holds. */
  readonly held: number;
  /** How many it takes at once: 1, but for those that speak MX. */
  readonly credit: number;
}

/**
 * Endpoints that differ in nothing but the place, and share a socket: who may connect there, and who wanted to. By which of
 * them somebody came is not known.
 */
export interface ListeningStats {
  readonly endpoints: readonly string[];
  readonly role: Role;
  /** Whether they are encrypted. */
  readonly curve: boolean;
  /** Who may connect: whose key is on a list, whom a function lets in, who has any key, or, where nothing is encrypted, anybody. */
  readonly allow: 'list' | 'function' | 'anyKey' | 'anybody';
  /** How many keys the list has; left out where there is none. */
  readonly keysListed?: number;
  /** What may be called and registered there; left out when all may be. */
  readonly services?: readonly string[];
  /** Peers that were let in because of their key. */
  readonly keysAccepted: number;
  /** Peers that were not let in, by reason, as far as there were any. */
  readonly keysRefused: Readonly<Partial<Record<RefusalReason, number>>>;
}

/** What `broker.stats()` returns: a snapshot. */
export interface BrokerStats {
  readonly version: string;
  /** Milliseconds since `start()`. */
  readonly uptimeMs: number;
  readonly endpoints: readonly string[];
  /** The same by socket, and what is known of the keys there. */
  readonly listening: readonly ListeningStats[];
  readonly state: 'new' | 'running' | 'draining' | 'stopped';
  readonly services: readonly ServiceStats[];
  readonly workers: { readonly registered: number; readonly waiting: number; readonly busy: number };
  readonly requests: {
    readonly queued: number;
    readonly queuedBytes: number;
    readonly running: number;
    /** What all that have not ended take, and what of their replies waits. */
    readonly pendingBytes: number;
  };
  /** Connections that are remembered. */
  readonly connections: number;
  /** What waits for peers that read too slowly. */
  readonly outbox: { readonly peers: number; readonly messages: number; readonly bytes: number };
  readonly counters: BrokerCounters;
}
