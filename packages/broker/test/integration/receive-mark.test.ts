// SPDX-License-Identifier: Apache-2.0
// receive-mark.test - what came and is not read yet is bounded for each connection, and then its sender waits

import { expect, test } from '@jest/globals';
import { Dealer } from 'zeromq';
import type { BoundSocketHost } from '../../src/bound-socket.js';
import { BoundSocket } from '../../src/bound-socket.js';
import { resolveBrokerOptions } from '../../src/options.js';

const HOST: BoundSocketHost = {
  handshakeFailed: () => undefined,
  connectionLost: () => undefined,
  acceptFailed: () => undefined,
  failed: (error) => {
    throw error;
  },
};

/** Send until there is no room. @returns how many messages found room */
async function fill(dealer: Dealer): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await dealer.send('x');
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' });
      return count;
    }
  }
}

// Within a process there is no network that holds messages as well, so that they can be counted.
test.each([
  ['by default', {}, 16],
  ['as many as it is told', { receiveHighWaterMark: 3 }, 3],
])('of messages that nobody reads, a socket of the broker keeps so many for each peer: %s', async (_, given, mark) => {
  const bound = new BoundSocket(resolveBrokerOptions(given), {}, HOST);
  const endpoint = `inproc://receive-mark-${String(mark)}`;
  await bound.bind(endpoint);
  const dealers = [0, 1].map(() => new Dealer({ sendHighWaterMark: 1, sendTimeout: 0, linger: 0 }));
  try {
    for (const dealer of dealers) dealer.connect(endpoint);
    // Each sender keeps one itself.
    for (const dealer of dealers) expect(await fill(dealer)).toBe(mark + 1);
  } finally {
    for (const dealer of dealers) dealer.close();
    bound.socket.close();
  }
});
