// SPDX-License-Identifier: Apache-2.0
// router-loop - one ROUTER socket: reads all that has arrived, feeds it to the state, and says when it is all read

import type { Frame } from '@mdp/protocol';
import type { Router } from 'zeromq';
import { asError, errorCode } from './system-error.js';

/** The most messages that are read before the event loop gets a turn: timers must run under any load. */
const TURN_AT_MOST = 256;

/** What a loop feeds. */
export interface RouterLoopHost {
  /** A turn begins; the time that is used for all of it. */
  turn(): number;
  /** One message; frame 0 is the routing id. */
  message(now: number, frames: readonly Frame[]): void;
  /** Everything that had arrived is read. */
  drained(now: number): void;
  /** The turn is over. */
  settled(now: number): void;
  /** The socket failed in a way that is not expected. */
  failed(error: Error): void;
}

/** Reads one socket until it is closed. */
export class RouterLoop {
  readonly #socket: Router;
  readonly #host: RouterLoopHost;
  #closing = false;
  /** More had arrived than one turn reads. */
  hungry = false;

  constructor(socket: Router, host: RouterLoopHost) {
    this.#socket = socket;
    this.#host = host;
  }

  /** Read until {@link close}. Never rejects. */
  async run(): Promise<void> {
    const socket = this.#socket;
    const host = this.#host;
    while (!this.#closing) {
      try {
        // Waits. Promises for what is there already resolve at once, without a turn of the event loop.
        let frames: Frame[] = await socket.receive();
        const now = host.turn();
        socket.receiveTimeout = 0;
        this.hungry = true;
        for (let count = 1; ; count++) {
          host.message(now, frames);
          if (count === TURN_AT_MOST) break;
          // `readable` asks ZeroMQ without a rejected promise, which costs more than a message.
          if (!socket.readable) {
            this.hungry = false;
            break;
          }
          frames = await socket.receive();
        }
        socket.receiveTimeout = -1;
        if (!this.hungry) host.drained(now);
        host.settled(now);
        if (this.hungry) await new Promise(setImmediate);
      } catch (error) {
        if (this.#ended(error)) return;
      }
    }
  }

  #ended(error: unknown): boolean {
    const code = errorCode(error);
    if (this.#closing || code === 'EBADF' || code === 'ETERM' || code === 'ENOTSOCK') return true;
    if (!this.#socket.closed) this.#socket.receiveTimeout = -1;
    if (code !== 'EAGAIN') this.#host.failed(asError(error));
    return false;
  }

  /** Stop reading; the socket is closed by its owner. */
  close(): void {
    this.#closing = true;
  }
}
