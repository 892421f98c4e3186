// SPDX-License-Identifier: Apache-2.0
// decode - frames from a peer become messages; whatever they hold, nothing throws and the work is bounded

import type { Dialect, HeaderKind } from './dialect.js';
import { CLIENT_COMMANDS, WORKER_COMMANDS, headerKind } from './dialect.js';
import type { Frame } from './frame.js';
import type { BrokerInbound, ClientInbound, InvalidMessage, InvalidReason, WorkerInbound } from './message.js';
import { decodeServiceName } from './service-name.js';

/** The most frames that may stand in front of a header: one for each proxy on the way, and the empty one. */
export const MAX_ADDRESS_FRAMES = 8;

/** The longest frame of an address, in bytes (a ZeroMQ routing id has at most 255). */
export const MAX_ADDRESS_FRAME_BYTES = 255;

// One object per reason: hostile input costs no allocation (MDP-B-30).
const INVALID: Readonly<Record<InvalidReason, InvalidMessage>> = {
  'no-header': { type: 'invalid', reason: 'no-header' },
  'address-too-long': { type: 'invalid', reason: 'address-too-long' },
  'no-command': { type: 'invalid', reason: 'no-command' },
  'unknown-command': { type: 'invalid', reason: 'unknown-command' },
  'no-service': { type: 'invalid', reason: 'no-service' },
  'bad-service-name': { type: 'invalid', reason: 'bad-service-name' },
  'no-client-address': { type: 'invalid', reason: 'no-client-address' },
  'no-delimiter': { type: 'invalid', reason: 'no-delimiter' },
  'no-body': { type: 'invalid', reason: 'no-body' },
  'extra-frames': { type: 'invalid', reason: 'extra-frames' },
};

const NO_ADDRESS: readonly Frame[] = Object.freeze([]);

/** The command byte of a command frame; -1 when the frame is missing or has not exactly one byte. */
function commandByte(frame: Frame | undefined): number {
  return frame?.length === 1 ? (frame[0] ?? -1) : -1;
}

/**
 * Read a message at a broker.
 *
 * The address is every frame before the first six-byte frame that is a known header: none for a plain peer, the empty
 * frame for Majortomo and MDP/0.1, more behind ROUTER-DEALER proxies. The dialect follows from the header and the
 * command byte, never from the address (MDP-B-05, MDP01-14).
 *
 * @param frames - a whole message; the frames are not copied
 * @param start - index of the first frame to read: 1 where a ROUTER put the routing id in front. A routing id is never
 * read as a header, whatever its peer chose.
 * @returns the message, or why it is none
 */
export function decodeAtBroker(frames: readonly Frame[], start = 0): BrokerInbound | InvalidMessage {
  let kind: HeaderKind | undefined;
  let at = start;
  const last = Math.min(frames.length - 1, start + MAX_ADDRESS_FRAMES);
  for (; at <= last; at++) {
    const frame = frames[at] as Frame;
    kind = headerKind(frame);
    if (kind !== undefined) break;
    if (frame.length > MAX_ADDRESS_FRAME_BYTES) return INVALID['address-too-long'];
  }
  if (kind === undefined)
    return frames.length - start > MAX_ADDRESS_FRAMES ? INVALID['address-too-long'] : INVALID['no-header'];
  const address = at === start ? NO_ADDRESS : frames.slice(start, at);
  switch (kind) {
    case 'client02': {
      const command = commandByte(frames[at + 1]);
      if (command === CLIENT_COMMANDS.rfc18.request) return decodeRequest(frames, at + 2, 'rfc18', address);
      if (command === CLIENT_COMMANDS.majortomo.request) return decodeRequest(frames, at + 2, 'majortomo', address);
      return at + 1 < frames.length ? INVALID['unknown-command'] : INVALID['no-command'];
    }
    case 'client01':
      return decodeRequest(frames, at + 1, 'mdp01', address);
    case 'worker02':
      return decodeWorker(frames, at + 1, 'rfc18', address);
    case 'worker01':
      return decodeWorker(frames, at + 1, 'mdp01', address);
  }
}

/** REQUEST from its command on (MDP-B-07, MDP01-01). */
function decodeRequest(
  frames: readonly Frame[],
  at: number,
  dialect: Dialect,
  address: readonly Frame[],
): BrokerInbound | InvalidMessage {
  const nameFrame = frames[at];
  if (nameFrame === undefined) return INVALID['no-service'];
  const service = decodeServiceName(nameFrame);
  if (service === undefined) return INVALID['bad-service-name'];
  if (frames.length === at + 1) return INVALID['no-body'];
  return { type: 'request', dialect, address, service, body: frames.slice(at + 1) };
}

/** What a worker says, after its header (MDP-B-16, MDP-B-19, MDP-B-20, MDP01-07, MDP01-09, MDP01-10, MDP01-11). */
function decodeWorker(
  frames: readonly Frame[],
  at: number,
  dialect: Dialect,
  address: readonly Frame[],
): BrokerInbound | InvalidMessage {
  if (frames.length <= at) return INVALID['no-command'];
  const commands = WORKER_COMMANDS[dialect];
  const command = commandByte(frames[at]);
  if (command === commands.final) return decodeReply('final', frames, at + 1, dialect, address);
  if (command === commands.heartbeat || command === commands.disconnect) {
    if (frames.length > at + 1) return INVALID['extra-frames'];
    return { type: command === commands.heartbeat ? 'heartbeat' : 'disconnect', dialect, address };
  }
  if (command === commands.partial) return decodeReply('partial', frames, at + 1, dialect, address);
  if (command === commands.ready) {
    const nameFrame = frames[at + 1];
    if (nameFrame === undefined) return INVALID['no-service'];
    const service = decodeServiceName(nameFrame);
    if (service === undefined) return INVALID['bad-service-name'];
    if (frames.length > at + 2) return INVALID['extra-frames'];
    return { type: 'ready', dialect, address, service };
  }
  return INVALID['unknown-command'];
}

/** PARTIAL and FINAL: one address frame, one empty one (MDP-B-18, MDP-B-34, MDP01-12, MDP01-13), the body. */
function decodeReply(
  type: 'partial' | 'final',
  frames: readonly Frame[],
  at: number,
  dialect: Dialect,
  address: readonly Frame[],
): BrokerInbound | InvalidMessage {
  const token = frames[at];
  if (token === undefined || token.length === 0 || token.length > MAX_ADDRESS_FRAME_BYTES) {
    return INVALID['no-client-address'];
  }
  if (frames[at + 1]?.length !== 0) return INVALID['no-delimiter'];
  // Majortomo ends a stream with a FINAL that has no body; in MDP/0.1 nobody does, so there RFC 7 is held to.
  if (dialect === 'mdp01' && frames.length === at + 2) return INVALID['no-body'];
  return { type, dialect, address, token, body: frames.slice(at + 2) };
}

const CLIENT_HEADER: Readonly<Record<Dialect, HeaderKind>> = {
  rfc18: 'client02',
  majortomo: 'client02',
  mdp01: 'client01',
};

const WORKER_HEADER: Readonly<Record<Dialect, HeaderKind>> = {
  rfc18: 'worker02',
  majortomo: 'worker02',
  mdp01: 'worker01',
};

/** Index of the header at a peer, which sees no address but the empty frame of its dialect; -1 when it is not there. */
function headerIndex(frames: readonly Frame[], dialect: Dialect, expected: HeaderKind): number {
  const at = dialect === 'rfc18' ? 0 : 1;
  if (at === 1 && frames[0]?.length !== 0) return -1;
  const header = frames[at];
  return header !== undefined && headerKind(header) === expected ? at : -1;
}

/**
 * Read a message at a client (MDP-C-03, MDP-C-04, MDP-C-11, MDP01-02).
 *
 * @param dialect - what the client speaks
 * @param frames - a whole message as a DEALER receives it
 * @returns the reply, or why it is none
 */
export function decodeAtClient(dialect: Dialect, frames: readonly Frame[]): ClientInbound | InvalidMessage {
  let at = headerIndex(frames, dialect, CLIENT_HEADER[dialect]);
  if (at < 0) return INVALID['no-header'];
  let type: 'partial' | 'final' = 'final';
  if (dialect !== 'mdp01') {
    at += 1;
    if (frames.length <= at) return INVALID['no-command'];
    const commands = CLIENT_COMMANDS[dialect];
    const command = commandByte(frames[at]);
    if (command === commands.partial) type = 'partial';
    else if (command !== commands.final) return INVALID['unknown-command'];
  }
  if (dialect === 'majortomo') return { type, service: undefined, body: frames.slice(at + 1) };
  const nameFrame = frames[at + 1];
  if (nameFrame === undefined) return INVALID['no-service'];
  const service = decodeServiceName(nameFrame);
  if (service === undefined) return INVALID['bad-service-name'];
  if (frames.length === at + 2) return INVALID['no-body'];
  return { type, service, body: frames.slice(at + 2) };
}

/**
 * Read a message at a worker (MDP-W-02, MDP-W-11, MDP01-08).
 *
 * @param dialect - what the worker speaks
 * @param frames - a whole message as a DEALER receives it
 * @returns the command, or why it is none
 */
export function decodeAtWorker(dialect: Dialect, frames: readonly Frame[]): WorkerInbound | InvalidMessage {
  const at = headerIndex(frames, dialect, WORKER_HEADER[dialect]);
  if (at < 0) return INVALID['no-header'];
  if (frames.length <= at + 1) return INVALID['no-command'];
  const commands = WORKER_COMMANDS[dialect];
  const command = commandByte(frames[at + 1]);
  if (command === commands.request) {
    const token = frames[at + 2];
    if (token === undefined || token.length === 0 || token.length > MAX_ADDRESS_FRAME_BYTES) {
      return INVALID['no-client-address'];
    }
    if (frames[at + 3]?.length !== 0) return INVALID['no-delimiter'];
    if (frames.length === at + 4) return INVALID['no-body'];
    return { type: 'request', token, body: frames.slice(at + 4) };
  }
  if (command !== commands.heartbeat && command !== commands.disconnect) return INVALID['unknown-command'];
  if (frames.length > at + 2) return INVALID['extra-frames'];
  return { type: command === commands.heartbeat ? 'heartbeat' : 'disconnect' };
}
