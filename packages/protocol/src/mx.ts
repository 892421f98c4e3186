// SPDX-License-Identifier: Apache-2.0
// mx - many commands in one ZeroMQ message, between peers of this project: what there is to say (docs/mx.md)

import type { Frame } from './frame.js';
import { byteLength, bytes } from './frame.js';

/** How an MX frame begins. A header of RFC 18 is a frame of six bytes; this one is followed by a record at least. */
export const MX_HEADER: Frame = bytes('MDPX01');

/** So much may a worker send in PARTIALs of one request before it is granted more: {@link mxCost}. */
export const MX_FIRST_CREDIT = 65_536;

/** What a frame of a PARTIAL costs beside its bytes, so that empty ones have an end, too. */
export const MX_FRAME_COST = 64;

/** What a PARTIAL with this body costs its sender of the bytes that it was granted. */
export function mxCost(body: readonly Frame[]): number {
  return byteLength(body) + MX_FRAME_COST * body.length;
}

/** The codes of the commands; those of RFC 18 keep the codes of MDP/Worker. */
export const MX_COMMANDS = {
  ready: 1,
  request: 2,
  partial: 3,
  final: 4,
  heartbeat: 5,
  disconnect: 6,
  cancel: 7,
  credit: 8,
} as const;

/** The most records of one message. */
export const MX_MAX_RECORDS = 16_384;

/** The most body frames of all records of one message together. */
export const MX_MAX_BODY_FRAMES = 65_536;

/** The largest number that an id, a deadline or a credit may have. */
export const MX_MAX_NUMBER = 2 ** 32 - 1;

/** READY: a worker takes up to so many requests for a service at once; 0 takes the service back, and a broker confirms that. */
export interface MxReady<Name = string> {
  readonly type: 'ready';
  readonly service: Name;
  readonly credit: number;
}

/** What tells a request from others over all of its repetitions: what a REQUEST with flag 1 says of itself. */
export interface MxIdentity {
  /** How often a worker may have been given it before, 0 to {@link MX_MAX_ATTEMPTS}; that is also said of more. */
  readonly attempts: number;
  /** Its name, the same in each repetition: up to {@link MX_MAX_KEY_BYTES} bytes; empty when it has none. */
  readonly key: Frame;
  /** The trace that it belongs to, passed on as it came: 1 to {@link MX_MAX_TRACE_BYTES} bytes, see {@link encodeTraceContext}. */
  readonly trace?: Frame | undefined;
}

/** REQUEST, from a client to the broker or from the broker to a worker. */
export interface MxRequest<Name = string> {
  readonly type: 'request';
  /** Chosen by the sender, and brought back by each reply; unique among its requests that are under way. */
  readonly id: number;
  /** How long a reply is waited for, in milliseconds from now; 0 is without limit. */
  readonly deadlineMs: number;
  readonly service: Name;
  /** 1 to 65,535 frames. */
  readonly body: readonly Frame[];
  /** Only of one that has a name, or that may have been given to a worker before. */
  readonly identity?: MxIdentity;
}

/** PARTIAL or FINAL, from a worker to the broker or from the broker to a client. */
export interface MxReply {
  readonly type: 'partial' | 'final';
  readonly id: number;
  /** 1 to 65,535 frames. */
  readonly body: readonly Frame[];
}

/** HEARTBEAT or DISCONNECT, for the whole connection. */
export interface MxSignal {
  readonly type: 'heartbeat' | 'disconnect';
}

/** CANCEL: nobody waits for the reply to a request any more. */
export interface MxCancel {
  readonly type: 'cancel';
  readonly id: number;
}

/** CREDIT: so many more bytes of PARTIALs of one request may be sent. */
export interface MxCredit {
  readonly type: 'credit';
  readonly id: number;
  readonly amount: number;
}

/** One command of an MX message. The name of a service is text when it was read, and bytes when it is to be written. */
export type MxRecord<Name = string> = MxReady<Name> | MxRequest<Name> | MxReply | MxSignal | MxCancel | MxCredit;

/** Every reason why a message is no MX message. */
export const MX_INVALID_REASONS = [
  'no-header',
  'no-records',
  'bad-length',
  'unknown-command',
  'bad-field',
  'bad-service-name',
  'no-body',
  'missing-frame',
  'extra-frames',
  'too-many',
] as const;

/** Why a message is no MX message. */
export type MxInvalidReason = (typeof MX_INVALID_REASONS)[number];

/** The records of a message. */
export interface MxBatch {
  readonly type: 'batch';
  readonly records: readonly MxRecord[];
}

/** No MX message. Nothing of it counts, not even the records before the fault. */
export interface MxInvalid {
  readonly type: 'invalid';
  readonly reason: MxInvalidReason;
}

/** Bytes of a record in front of its service name. */
export const MX_FIXED_BYTES = 17;

/** The flag of a REQUEST that says more of itself: {@link MxIdentity}. */
export const MX_FLAG_IDENTITY = 1;

/** Bytes of an {@link MxIdentity} beside its key and its trace. */
export const MX_IDENTITY_BYTES = 2;

/** The flag, only beside {@link MX_FLAG_IDENTITY}, of a REQUEST whose identity has a trace. */
export const MX_FLAG_TRACE = 2;

/** Bytes of a trace beside its text. */
export const MX_TRACE_BYTES = 2;

/** The longest trace of an {@link MxIdentity}, in bytes. */
export const MX_MAX_TRACE_BYTES = 1024;

/** The most attempts that an {@link MxIdentity} can tell of. */
export const MX_MAX_ATTEMPTS = 255;

/** The longest key of an {@link MxIdentity}, in bytes. */
export const MX_MAX_KEY_BYTES = 64;

/** Set in the length of a body frame that follows as a frame of its own. */
export const MX_APART = 0x8000_0000;

/** The most frames of one body. */
export const MX_MAX_FRAMES = 0xffff;
