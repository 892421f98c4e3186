// SPDX-License-Identifier: Apache-2.0
// transport.test - what a worker is to ZeroMQ

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { onEnd, startWorker } from './support.js';

/** The 64 bytes with which ZMTP 3.0 begins: signature, version, mechanism NULL, not a server. */
const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.concat([Buffer.from('NULL')], 20),
  Buffer.alloc(32),
]);

describe('a worker', () => {
  test('uses one DEALER for each broker (MDP-W-01)', async () => {
    const heard: Buffer[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (data) => heard.push(data));
      socket.on('error', () => socket.destroy());
      socket.write(GREETING);
    });
    onEnd(
      () =>
        new Promise((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => {
            resolve();
          });
        }),
    );
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve((server.address() as AddressInfo).port);
      });
    });
    const worker = await startWorker(`tcp://127.0.0.1:${String(port)}`, () => 'ok');
    // A property of the handshake: its name, the length of its value in four bytes, its value.
    const property = Buffer.concat([Buffer.from('Socket-Type'), Buffer.from([0, 0, 0, 6]), Buffer.from('DEALER')]);
    await waitUntil('the properties of the socket', () => Buffer.concat(heard).includes(property));
    expect(sockets).toHaveLength(1);
    await worker.stop();
  });
});
