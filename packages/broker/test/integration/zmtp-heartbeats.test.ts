// SPDX-License-Identifier: Apache-2.0
// zmtp-heartbeats.test - connections whose other side has vanished are found and closed; those that answer stay

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { resolveBrokerOptions } from '../../src/options.js';
import type { BoundSocketHost } from '../../src/bound-socket.js';
import { BoundSocket } from '../../src/bound-socket.js';
import { Live } from '../support/live.js';
import { ZmtpPeer } from '../support/zmtp-peer.js';

const HOST: BoundSocketHost = {
  handshakeFailed: () => undefined,
  connectionLost: () => undefined,
  acceptFailed: () => undefined,
  failed: (error) => {
    throw error;
  },
};

const peers: ZmtpPeer[] = [];
let live: Live | undefined;

function peer(endpoint: string, answersPings: boolean): ZmtpPeer {
  const one = new ZmtpPeer(endpoint, answersPings);
  peers.push(one);
  return one;
}

afterEach(async () => {
  for (const one of peers.splice(0)) one.close();
  await live?.close();
  live = undefined;
});

test('who answers no PING is cut off, who answers stays', async () => {
  live = await Live.start({ heartbeatIntervalMs: 100, heartbeatLiveness: 4 });
  const silent = peer(live.clientEndpoint, false);
  const alive = peer(live.clientEndpoint, true);
  await waitUntil('the broker to cut the silent one off', () => silent.ended);
  expect(silent.pings).toBe(1);
  const answered = alive.pings;
  await waitUntil('two more PINGs to the other one', () => alive.pings >= answered + 2);
  expect(alive.ended).toBe(false);
});

test.each([
  [2500, 4, { heartbeatInterval: 20_000, heartbeatTimeout: 10_000 }],
  [10, 2, { heartbeatInterval: 40, heartbeatTimeout: 20 }],
  [2 ** 30, 2, { heartbeatInterval: 2 ** 31 - 1, heartbeatTimeout: 2 ** 31 - 1 }],
])('%d ms × %d: less time to answer than between two PINGs, where there is room', (intervalMs, liveness, expected) => {
  const options = resolveBrokerOptions({ heartbeatIntervalMs: intervalMs, heartbeatLiveness: liveness });
  const { socket } = new BoundSocket(options, {}, HOST);
  try {
    expect(socket).toMatchObject(expected);
  } finally {
    socket.close();
  }
});

test('none without zmtpHeartbeats', () => {
  const { socket } = new BoundSocket(resolveBrokerOptions({ zmtpHeartbeats: false }), {}, HOST);
  try {
    expect(socket.heartbeatInterval).toBe(0);
  } finally {
    socket.close();
  }
});
