// SPDX-License-Identifier: Apache-2.0
// socket-type.test - what the broker's socket says it is, in the handshake of ZMTP

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil, zmtpSocketType } from '@mdp/testkit';
import { Live } from '../support/live.js';
import { ZmtpPeer } from '../support/zmtp-peer.js';

let live: Live | undefined;

afterEach(async () => {
  await live?.close();
});

test('the broker announces a ROUTER socket (MDP-B-01)', async () => {
  live = await Live.start();
  const peer = new ZmtpPeer(live.clientEndpoint, true);
  try {
    const property = zmtpSocketType('ROUTER');
    await waitUntil('the Socket-Type of the broker', () => peer.received.includes(property));
    expect(peer.received.includes('\x05READY')).toBe(true);
  } finally {
    peer.close();
  }
});
