// SPDX-License-Identifier: Apache-2.0
// wire - the strict wire of one dialect: a caller's request becomes frames, frames become a message for the state

import type { Dialect, ErrorReply, Frame, FrameLike } from '@mdp/protocol';
import {
  ArgumentError,
  DIALECTS,
  EMPTY_FRAME,
  checkMxBody,
  decodeAtClient,
  decodeErrorReply,
  encodeRequest,
  encodeServiceName,
  toFrames,
} from '@mdp/protocol';
import type { Inbound } from './state/client-state.js';
import type { Target } from './state/exchange.js';

/** How many targets are remembered. */
const MAX_NAMES = 1_000;

/** Encodes requests and decodes replies. */
export class Wire {
  readonly dialect: Dialect;
  readonly #mx: boolean;
  readonly #targets = new Map<string, Target>();

  /** @param mx - whether what is sent may also go by MX, which has limits of its own */
  constructor(dialect: Dialect, mx = false) {
    this.dialect = dialect;
    this.#mx = mx;
  }

  /**
   * What a caller wants to send, as frames.
   *
   * @param body - one frame, or one or more in an array; bytes are not copied
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when it is not allowed
   */
  body(body: FrameLike | readonly FrameLike[]): readonly Frame[] {
    const frames = toFrames(body, 'body');
    if (this.#mx) checkMxBody(frames);
    if (frames.length === 0) throw new ArgumentError('body', body, 'one or more frames');
    return frames;
  }

  /**
   * Where the requests for a service go (MDP-C-01).
   *
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when the name is not allowed
   */
  target(service: string): Target {
    let target = this.#targets.get(service);
    if (target === undefined) {
      const name = encodeServiceName(service);
      target = { service, name, head: encodeRequest(this.dialect, name, [EMPTY_FRAME]).slice(0, -1) };
      if (this.#targets.size >= MAX_NAMES) this.#targets.clear();
      this.#targets.set(service, target);
    }
    return target;
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

  /** Words for a message that is no reply, with a hint where it would be one in another dialect. */
  #explain(frames: readonly Frame[], reason: string): string {
    const what = `a message that is no reply in dialect ${this.dialect} (${reason})`;
    const other = DIALECTS.find((dialect) => decodeAtClient(dialect, frames).type !== 'invalid');
    return other === undefined ? what : `${what} but one in dialect ${other} (is the option dialect right?)`;
  }
}
