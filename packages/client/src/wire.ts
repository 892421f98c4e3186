// SPDX-License-Identifier: Apache-2.0
// wire - the strict wire of one dialect: a caller's request becomes frames, frames become a message for the state

import type { Dialect, ErrorReply, Frame, FrameLike } from '@mdp/protocol';
import {
  DIALECTS,
  checkMxBody,
  decodeAtClient,
  decodeErrorReply,
  encodeRequest,
  encodeServiceName,
  toFrames,
} from '@mdp/protocol';
import type { Inbound } from './state/client-state.js';

/** How many service names are remembered as frames. */
const MAX_NAMES = 1_000;

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
    if (this.#mx) checkMxBody(frames);
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
