// SPDX-License-Identifier: Apache-2.0
// connections - the open connections of a server, bounded in number; those that strangers hold do not keep out who may ask

import type { Socket } from 'node:net';

/** Knows which connections are open, and on which of them somebody was let in. */
export class Connections {
  readonly #most: number;
  /** The oldest first. */
  readonly #open = new Map<Socket, 'stranger' | 'known'>();

  /** @param most - how many may be open at once */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * A new one. When there are too many, the oldest stranger has to go; when there is none, the new one.
   *
   * @returns which one has to be closed, if any
   */
  add(socket: Socket): Socket | undefined {
    let closed: Socket | undefined;
    if (this.#open.size >= this.#most) {
      [closed] = [...this.#open].find(([, who]) => who === 'stranger') ?? [];
      if (closed === undefined) return socket;
      this.#open.delete(closed);
    }
    this.#open.set(socket, 'stranger');
    socket.once('close', () => this.#open.delete(socket));
    return closed;
  }

  /** Somebody was let in on it. */
  know(socket: Socket): void {
    if (this.#open.has(socket)) this.#open.set(socket, 'known');
  }
}
