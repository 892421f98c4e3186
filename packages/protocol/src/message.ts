// SPDX-License-Identifier: Apache-2.0
// message - the commands of MDP as a discriminated union, one type per direction

import type { Dialect } from './dialect.js';
import type { Frame } from './frame.js';

/** REQUEST from a client (RFC 18 "MDP/Client"). */
export interface ClientRequest {
  readonly type: 'request';
  readonly dialect: Dialect;
  /** The frames in front of the header: they go in front of every reply, frame for frame. */
  readonly address: readonly Frame[];
  readonly service: string;
  /** One or more frames. */
  readonly body: readonly Frame[];
}

/** READY from a worker (RFC 18 "MDP/Worker"). */
export interface WorkerReady {
  readonly type: 'ready';
  readonly dialect: Dialect;
  readonly address: readonly Frame[];
  readonly service: string;
}

/** PARTIAL or FINAL from a worker; the REPLY of MDP/0.1 is a FINAL. */
export interface WorkerReply {
  readonly type: 'partial' | 'final';
  readonly dialect: Dialect;
  readonly address: readonly Frame[];
  /** The client address of the REQUEST that this answers, 1 to 255 bytes. */
  readonly token: Frame;
  /** Zero or more frames: Majortomo sends empty replies, and its commands are those of RFC 18. */
  readonly body: readonly Frame[];
}

/** HEARTBEAT or DISCONNECT from a worker. */
export interface WorkerSignal {
  readonly type: 'heartbeat' | 'disconnect';
  readonly dialect: Dialect;
  readonly address: readonly Frame[];
}

/** Everything a broker may receive. */
export type BrokerInbound = ClientRequest | WorkerReady | WorkerReply | WorkerSignal;

/** PARTIAL or FINAL to a client; the REPLY of MDP/0.1 is a FINAL. */
export interface ClientReply {
  readonly type: 'partial' | 'final';
  /** The service that replies; `undefined` in dialect `majortomo`, which does not say. */
  readonly service: string | undefined;
  readonly body: readonly Frame[];
}

/** Everything a client may receive. */
export type ClientInbound = ClientReply;

/** REQUEST to a worker. */
export interface WorkerRequest {
  readonly type: 'request';
  /** The client address: opaque, 1 to 255 bytes, it goes back with every PARTIAL and FINAL. */
  readonly token: Frame;
  /** One or more frames. */
  readonly body: readonly Frame[];
}

/** HEARTBEAT or DISCONNECT from the broker. */
export interface BrokerSignal {
  readonly type: 'heartbeat' | 'disconnect';
}

/** Everything a worker may receive. */
export type WorkerInbound = WorkerRequest | BrokerSignal;

/** Why bytes from a peer are no message. Stable: counters and logs carry it. */
export type InvalidReason =
  | 'no-header'
  | 'address-too-long'
  | 'no-command'
  | 'unknown-command'
  | 'no-service'
  | 'bad-service-name'
  | 'no-client-address'
  | 'no-delimiter'
  | 'no-body'
  | 'extra-frames';

/** Every {@link InvalidReason}. */
export const INVALID_REASONS: readonly InvalidReason[] = [
  'no-header',
  'address-too-long',
  'no-command',
  'unknown-command',
  'no-service',
  'bad-service-name',
  'no-client-address',
  'no-delimiter',
  'no-body',
  'extra-frames',
];

/** What a decoder returns for bytes that are no message. Decoders never throw. */
export interface InvalidMessage {
  readonly type: 'invalid';
  readonly reason: InvalidReason;
}
