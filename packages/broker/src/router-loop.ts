// SPDX-License-Identifier: Apache-2.0
// router-loop - one ROUTER socket: reads all that has arrived, feeds it to the state, and says when it is all read

import type { Frame } from '@mdp/protocol';
import type { Router } from 'zeromq';
import { asError, errorCode } from './system-error.js';

/** The most messages that are read before the event loop gets a turn: timers must run under any load. */
const TURN_AT_MOST = 256;

/** The same for the commands in them: one message of MX may hold many. */
const COMMANDS_AT_MOST = 1024;

/** How long reading rests after a failure that was not expected, in milliseconds. */
const FAILURE_PAUSE_MS = 20;

/** What a loop feeds. */
export interface RouterLoopHost {
  /** A turn begins; the time that is used for all of it. */
  turn(): number;
  /** One message; frame 0 is the routing id. @returns how many commands it held */
  message(now: number, frames: readonly Frame[]): number;
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
    // So many messages are expected in a turn without asking: half of what came in the last one.
    let expected = 0;
    while (this.#isOpen()) {
      try {
        // Waits. Promises for what is there already resolve at once, without a turn of the event loop.
        let frames: Frame[] = await socket.receive();
        // Those who would hear of it are gone.
        if (!this.#isOpen()) return;
        const now = host.turn();
        this.hungry = true;
        let waits = true;
        let count = 1;
        let commands = 0;
        for (; ; count++) {
          commands += this.#deliver(now, frames);
          if (count === TURN_AT_MOST || commands >= COMMANDS_AT_MOST) break;
          // Finding nothing costs a rejected promise, more than a message. Asking costs system calls here, and one in
          // the I/O thread, which then has to signal the next message.
          if (!this.#isOpen() || (count >= expected && !socket.readable)) {
            this.hungry = false;
            break;
          }
          if (waits) socket.receiveTimeout = 0;
          waits = false;
          try {
            frames = await socket.receive();
          } catch (error) {
            if (errorCode(error) !== 'EAGAIN') throw error;
            // There was none after all.
            this.hungry = false;
            break;
          }
        }
        if (!this.#isOpen()) return;
        expected = count >> 1;
        if (!waits) socket.receiveTimeout = -1;
        if (!this.hungry) host.drained(now);
        host.settled(now);
        if (this.hungry) await new Promise(setImmediate);
      } catch (error) {
        this.hungry = false;
        const code = errorCode(error);
        if (!this.#isOpen() || code === 'EBADF' || code === 'ETERM' || code === 'ENOTSOCK') return;
        if (code !== 'EAGAIN') host.failed(asError(error));
        // It may fail in the same way at once, again and again: the rest of the process must go on.
        await new Promise((resolve) => setTimeout(resolve, FAILURE_PAUSE_MS));
        if (!socket.closed) socket.receiveTimeout = -1;
      }
    }
  }

  /** A message that its host stumbles over concerns nobody but its sender. */
  #deliver(now: number, frames: readonly Frame[]): number {
    try {
      return this.#host.message(now, frames);
    } catch (error) {
      this.#host.failed(asError(error));
      return 1;
    }
  }

  #isOpen(): boolean {
    return !this.#closing;
  }

  /** Stop reading; the socket is closed by its owner. */
  close(): void {
    this.#closing = true;
  }
}
