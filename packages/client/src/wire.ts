// SPDX-License-Identifier: Apache-2.0
// wire - the strict wire of one dialect: a caller's request becomes frames, frames become a message for the state

import type { Dialect, ErrorReply, Frame, FrameLike } from '@mdp/protocol';
import {
  ArgumentError,
  DIALECTS,
  MX_SERVICE,
  MX_VERSION,
  bytes,
  decodeAtClient,
  decodeErrorReply,
  encodeRequest,
  encodeServiceName,
  text,
  toFrames,
} from '@mdp/protocol';
import type { Inbound } from './state/client-state.js';

/** How many service names are remembered as frames. */
const MAX_NAMES = 1_000;

/** The most body frames of a request by MX, and the bytes that one of them has less than. */
const MX_MOST_FRAMES = 0xffff;
const MX_FRAME_BYTES = 2 ** 31;

/** The strict REQUEST by which a broker is asked whether it speaks MX. */
export const MX_QUESTION = encodeRequest('rfc18', encodeServiceName(MX_SERVICE), [bytes(MX_VERSION)]);

/**
 * Read what came in answer to {@link MX_QUESTION}.
 *
 * @returns how many requests the broker takes at once by MX, or `undefined` for anything but a yes
 */
export function readMxAnswer(frames: readonly Frame[]): number | undefined {
  const message = decodeAtClient('rfc18', frames);
  if (message.type !== 'final' || message.service !== MX_SERVICE || message.body.length !== 3) return undefined;
  const [status, version, window = ''] = message.body.map((frame) => (frame.length < 16 ? text(frame) : undefined));
  return status === '200' && version === MX_VERSION && /^[1-9]\d*$/.test(window) ? Number(window) : undefined;
}

/** Encodes requests and decodes replies. */
export class Wire {
  readonly dialect: Dialect;
  readonly #mx: boolean;
  readonly #names = new Map<string, Frame>();

  /** @param mx - whether what is sent may also go by MX, which has limits of its own */
  constructor(dialect: Dialect, mx = false) {
    this.dialect = dialect;
    this.#mx = mx;
  }

  /**
   * A REQUEST as it goes out (MDP-C-01).
   *
   * @param service - the service's name
   * @param body - one frame, or one or more in an array; bytes are not copied
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when the name or the body is not allowed
   */
  encode(service: string, body: FrameLike | readonly FrameLike[]): Frame[] {
    const frames = toFrames(body, 'body');
    if (this.#mx) checkMx(frames);
    return encodeRequest(this.dialect, this.#nameFrame(service), frames);
  }

  /** A message as it came in. Nothing that a broker sends makes this throw. */
  decode(frames: readonly Frame[]): Inbound {
    const message = decodeAtClient(this.dialect, frames);
    return message.type === 'invalid' ? { type: 'invalid', what: this.#explain(frames, message.reason) } : message;
  }

  /** Whether a reply is an error reply (MDPE01). The other dialects know none: there it is a result like any other. */
  errorOf(message: Inbound): ErrorReply | undefined {
    return message.type === 'final' && this.dialect === 'rfc18' ? decodeErrorReply(message.body) : undefined;
  }

  #nameFrame(service: string): Frame {
    let frame = this.#names.get(service);
    if (frame === undefined) {
      frame = encodeServiceName(service);
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(service, frame);
    }
    return frame;
  }

  /** Words for a message that is no reply, with a hint where it would be one in another dialect. */
  #explain(frames: readonly Frame[], reason: string): string {
    const what = `a message that is no reply in dialect ${this.dialect} (${reason})`;
    const other = DIALECTS.find((dialect) => decodeAtClient(dialect, frames).type !== 'invalid');
    return other === undefined ? what : `${what} but one in dialect ${other} (is the option dialect right?)`;
  }
}

/** Refuse a body that MX cannot carry. */
function checkMx(body: readonly Frame[]): void {
  if (body.length > MX_MOST_FRAMES) {
    throw new ArgumentError('body', `${String(body.length)} frames`, `1 to ${String(MX_MOST_FRAMES)} frames`);
  }
  for (let i = 0; i < body.length; i++) {
    const { length } = body[i] as Frame;
    if (length >= MX_FRAME_BYTES) throw new ArgumentError(`body[${String(i)}]`, length, 'fewer than 2^31 bytes');
  }
}
