// SPDX-License-Identifier: Apache-2.0
// socket-type.test - what the broker's socket says it is, in the handshake of ZMTP

import { afterEach, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { waitUntil } from '@mdp/testkit';
import { Live } from '../support/live.js';

let live: Live | undefined;

afterEach(async () => {
  await live?.close();
});

/** The greeting of ZMTP 3.0, mechanism NULL, and a READY command of a DEALER. */
const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);
const PROPERTY = Buffer.concat([Buffer.from('\x0bSocket-Type'), Buffer.from([0, 0, 0, 6]), Buffer.from('DEALER')]);
const READY = Buffer.concat([Buffer.from([4, 6 + PROPERTY.length]), Buffer.from('\x05READY'), PROPERTY]);

test('the broker announces a ROUTER socket (MDP-B-01)', async () => {
  live = await Live.start();
  const { port, hostname } = new URL(live.clientEndpoint.replace('tcp:', 'http:'));
  const socket = connect(Number(port), hostname);
  let received = Buffer.alloc(0);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
  });
  try {
    socket.write(Buffer.concat([GREETING, READY]));
    const property = Buffer.concat([Buffer.from('\x0bSocket-Type'), Buffer.from([0, 0, 0, 6]), Buffer.from('ROUTER')]);
    await waitUntil('the Socket-Type of the broker', () => received.includes(property));
    expect(received.includes('\x05READY')).toBe(true);
  } finally {
    socket.destroy();
  }
});
