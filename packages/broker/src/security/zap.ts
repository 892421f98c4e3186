// SPDX-License-Identifier: Apache-2.0
// zap - what ZeroMQ asks before it lets a peer in, and how it is answered (ZAP, RFC 27)

import type { Frame } from '@mdp/protocol';
import { EMPTY_FRAME, bytes, text } from '@mdp/protocol';
import { encodeZ85 } from '@mdp/protocol/internal';

/** Where ZeroMQ asks. */
export const ZAP_ENDPOINT = 'inproc://zeromq.zap.01';

const VERSION = bytes('1.0');
const KEY_BYTES = 32;
/** Routing id, empty frame, version, id, domain, address, identity, mechanism, key. */
const CURVE_FRAMES = 9;

/** A question: may this peer connect? */
export interface ZapRequest {
  /** What stands before the answer: whom of ZeroMQ's own it goes to. */
  readonly envelope: readonly Frame[];
  readonly id: Frame;
  /** Which socket it would connect to. */
  readonly domain: string;
  /** The peer's IP address; empty over ipc. */
  readonly address: string;
  /** Its public key, in Z85; `undefined` when it comes with another mechanism than CURVE. */
  readonly key: string | undefined;
}

/** 200 lets it in, 300 asks it to come again, 400 and 500 send it away for good. */
export type ZapStatus = 200 | 300 | 400 | 500;

/**
 * Read a question.
 *
 * @param frames - as they come on a ROUTER: routing id, empty frame, version, id, domain, address, identity, mechanism, key
 * @returns `undefined` when it is none
 */
export function decodeZapRequest(frames: readonly Frame[]): ZapRequest | undefined {
  const [routingId, delimiter, version, id, domain, address, , mechanism, key] = frames;
  if (routingId === undefined || delimiter?.length !== 0 || version === undefined || text(version) !== '1.0') {
    return undefined;
  }
  if (id === undefined || domain === undefined || address === undefined || mechanism === undefined) return undefined;
  const isCurve = text(mechanism) === 'CURVE' && key?.length === KEY_BYTES && frames.length === CURVE_FRAMES;
  return {
    envelope: [routingId, delimiter],
    id,
    domain: text(domain) ?? '',
    address: text(address) ?? '',
    key: isCurve ? encodeZ85(key) : undefined,
  };
}

const WORDS: Readonly<Record<ZapStatus, Frame>> = {
  200: bytes('OK'),
  300: bytes('try again'),
  400: bytes('not allowed'),
  500: bytes('failed'),
};

/** An answer. The key becomes the user id; there is no metadata. */
export function encodeZapReply({ envelope, id, key }: ZapRequest, status: ZapStatus): Frame[] {
  const user = status === 200 && key !== undefined ? bytes(key) : EMPTY_FRAME;
  return [...envelope, VERSION, id, bytes(String(status)), WORDS[status], user, EMPTY_FRAME];
}
