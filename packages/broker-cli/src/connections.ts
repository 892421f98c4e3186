// SPDX-License-Identifier: Apache-2.0
// connections - the open connections of a server, bounded in number; strangers cannot keep out who may ask

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

  /** A new one. When there are too many, the oldest stranger is closed in its place; when there is none, the new one is. */
  add(socket: Socket): void {
    if (this.#open.size >= this.#most) {
      const [stranger] = [...this.#open].find(([, who]) => who === 'stranger') ?? [];
      (stranger ?? socket).destroy();
      if (stranger === undefined) return;
      this.#open.delete(stranger);
    }
    this.#open.set(socket, 'stranger');
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Somebody was let in on it. */
  know(socket: Socket): void {
    if (this.#open.has(socket)) this.#open.set(socket, 'known');
  }
}
