// SPDX-License-Identifier: Apache-2.0
// fake-router - the sending side of a ROUTER socket, whose outcomes a test decides

import type { Frame } from '@mdp/protocol';
import type { Router } from 'zeromq';

/** An error as the binding has them: told by its code. */
export function socketError(code: string): Error {
  return Object.assign(new Error(`the socket says ${code}`), { code });
}

/** A ROUTER that takes what it is told to take. */
export class FakeRouter {
  /** What was taken, in order: the frames as text, routing id first, with `/` between. */
  readonly taken: string[] = [];
  /** How often a message was tried. */
  tried = 0;
  /** What becomes of a message: `undefined` is taken, a string is an error's code. */
  outcome: (id: string, message: string) => string | undefined = () => undefined;
  /** Throw at once, as the binding does for a closed socket, in place of rejecting. */
  throws = false;

  send(frames: readonly Frame[]): Promise<void> {
    this.tried++;
    const [id = '', ...rest] = frames.map((frame) => Buffer.from(frame).toString());
    const code = this.outcome(id, rest.join('/'));
    if (code === undefined) {
      this.taken.push([id, ...rest].join('/'));
      return Promise.resolve();
    }
    const error = socketError(code);
    if (this.throws) throw error;
    return Promise.reject(error);
  }

  /** As the port wants it: it only sends. */
  get router(): Router {
    return this as unknown as Router;
  }
}
