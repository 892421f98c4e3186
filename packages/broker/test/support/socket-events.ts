// SPDX-License-Identifier: Apache-2.0
// socket-events - how often a peer's socket was connected, or lost its connection

import type { RawPeer } from '@mdp/testkit';

/**
 * Count a socket's events of one kind until it is closed.
 *
 * By iterating, not by `events.on()`: that one looks for Node.js modules in the realm that loaded ZeroMQ first, and a test
 * runner may have left it already.
 *
 * @returns how many there were so far
 */
export function countEvents({ socket }: RawPeer, type: 'handshake' | 'disconnect'): () => number {
  let count = 0;
  const watch = async (): Promise<void> => {
    for await (const event of socket.events) if (event.type === type) count++;
  };
  void watch();
  return () => count;
}
