// SPDX-License-Identifier: Apache-2.0
// encode - messages become frames, for every direction and dialect

import type { Dialect } from './dialect.js';
import { CLIENT_COMMANDS, COMMAND_FRAMES, HEADERS, WORKER_COMMANDS } from './dialect.js';
import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { EMPTY_FRAME, isFrame } from './frame.js';

/** What a client or worker puts in front of the header: nothing in `rfc18`, an empty frame in the others (MDP01-06). */
const OWN_ENVELOPE: Readonly<Record<Dialect, readonly Frame[]>> = {
  rfc18: [],
  majortomo: [EMPTY_FRAME],
  mdp01: [EMPTY_FRAME],
};

function clientHeader(dialect: Dialect): Frame {
  return dialect === 'mdp01' ? HEADERS.client01 : HEADERS.client02;
}

function workerHeader(dialect: Dialect): Frame {
  return dialect === 'mdp01' ? HEADERS.worker01 : HEADERS.worker02;
}

function commandFrame(byte: number): Frame {
  return COMMAND_FRAMES[byte] as Frame;
}

/** Append a caller's body, frame by frame; anything but bytes would be turned into text by the ZeroMQ binding. */
function pushBody(out: Frame[], body: readonly Frame[]): Frame[] {
  for (let i = 0; i < body.length; i++) {
    const frame = body[i];
    if (!isFrame(frame)) throw new ArgumentError(`body[${String(i)}]`, frame, 'a Uint8Array');
    out.push(frame);
  }
  return out;
}

/** Append a body that the dialect wants to have at least one frame: an empty one becomes one empty frame. */
function pushPadded(out: Frame[], body: readonly Frame[]): Frame[] {
  if (body.length === 0) out.push(EMPTY_FRAME);
  return pushBody(out, body);
}

/**
 * REQUEST, from a client to a broker (MDP-C-01, MDP01-01).
 *
 * @param dialect - what the client speaks
 * @param service - the frame of the service name: {@link encodeServiceName}
 * @param body - one or more frames
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when the body is empty or a frame is not bytes
 */
export function encodeRequest(dialect: Dialect, service: Frame, body: readonly Frame[]): Frame[] {
  if (body.length === 0) throw new ArgumentError('body', body, 'one or more frames');
  const out = OWN_ENVELOPE[dialect].slice();
  out.push(clientHeader(dialect));
  const command = CLIENT_COMMANDS[dialect].request;
  if (command !== undefined) out.push(commandFrame(command));
  out.push(service);
  return pushBody(out, body);
}

/**
 * PARTIAL or FINAL, from a broker to a client (MDP-B-09, MDP-B-10, MDP01-02).
 *
 * @param dialect - what the client speaks
 * @param envelope - what goes in front: the routing id and the address of the request, frame for frame
 * @param type - `partial` does not exist in `mdp01`
 * @param service - the frame of the service name; not sent in dialect `majortomo`
 * @param body - zero or more frames; none is sent as one empty frame in `rfc18` and `mdp01`
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for a PARTIAL in `mdp01`, or when a frame is not bytes
 */
export function encodeClientReply(
  dialect: Dialect,
  envelope: readonly Frame[],
  type: 'partial' | 'final',
  service: Frame,
  body: readonly Frame[],
): Frame[] {
  const out = envelope.slice();
  out.push(clientHeader(dialect));
  if (dialect === 'mdp01') {
    if (type === 'partial') throw new ArgumentError('type', type, "'final' in dialect mdp01");
  } else {
    out.push(commandFrame(CLIENT_COMMANDS[dialect][type] as number));
    if (dialect === 'majortomo') return pushBody(out, body);
  }
  out.push(service);
  return pushPadded(out, body);
}

/**
 * READY, from a worker to a broker (MDP-W-03, MDP01-07).
 *
 * @param dialect - what the worker speaks
 * @param service - the frame of the service name: {@link encodeServiceName}
 */
export function encodeReady(dialect: Dialect, service: Frame): Frame[] {
  return [...OWN_ENVELOPE[dialect], workerHeader(dialect), commandFrame(WORKER_COMMANDS[dialect].ready), service];
}

/**
 * REQUEST, from a broker to a worker: one address frame, one empty one (MDP-B-17, MDP-B-32, MDP-B-33, MDP01-08).
 *
 * @param dialect - what the worker speaks
 * @param envelope - what goes in front: the routing id and the address of the READY, frame for frame
 * @param token - the client address, one frame
 * @param body - the frames of the client's REQUEST; none is sent as one empty frame
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when a frame is not bytes
 */
export function encodeWorkerRequest(
  dialect: Dialect,
  envelope: readonly Frame[],
  token: Frame,
  body: readonly Frame[],
): Frame[] {
  const out = envelope.slice();
  out.push(workerHeader(dialect), commandFrame(WORKER_COMMANDS[dialect].request), token, EMPTY_FRAME);
  return pushPadded(out, body);
}

/**
 * PARTIAL or FINAL, from a worker to a broker: one address frame, one empty one (MDP-W-12, MDP-W-13, MDP-W-18,
 * MDP-W-19, MDP01-09).
 *
 * @param dialect - what the worker speaks
 * @param type - `partial` does not exist in `mdp01`
 * @param token - the client address of the REQUEST
 * @param body - zero or more frames; none is sent as one empty frame in `rfc18` and `mdp01`
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for a PARTIAL in `mdp01`, or when a frame is not bytes
 */
export function encodeWorkerReply(
  dialect: Dialect,
  type: 'partial' | 'final',
  token: Frame,
  body: readonly Frame[],
): Frame[] {
  const command = WORKER_COMMANDS[dialect][type];
  if (command === undefined) throw new ArgumentError('type', type, `'final' in dialect ${dialect}`);
  const out = OWN_ENVELOPE[dialect].slice();
  out.push(workerHeader(dialect), commandFrame(command), token, EMPTY_FRAME);
  return dialect === 'majortomo' ? pushBody(out, body) : pushPadded(out, body);
}

/**
 * HEARTBEAT or DISCONNECT, in either direction (MDP-W-14, MDP-W-15, MDP01-10, MDP01-11).
 *
 * @param dialect - what the worker speaks
 * @param type - which of the two
 * @param envelope - at a broker, the routing id and the address of the READY; a worker leaves it out
 */
export function encodeSignal(
  dialect: Dialect,
  type: 'heartbeat' | 'disconnect',
  envelope: readonly Frame[] = OWN_ENVELOPE[dialect],
): Frame[] {
  return [...envelope, workerHeader(dialect), commandFrame(WORKER_COMMANDS[dialect][type])];
}
