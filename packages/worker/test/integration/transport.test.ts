// SPDX-License-Identifier: Apache-2.0
// transport.test - what a worker is to ZeroMQ

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { ZMTP_GREETING, waitUntil, zmtpSocketType } from '@mdp/testkit';
import { onEnd, startWorker } from './support.js';

describe('a worker', () => {
  test('uses one DEALER for each broker (MDP-W-01)', async () => {
    const heard: Buffer[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (data) => heard.push(data));
      socket.on('error', () => socket.destroy());
      socket.write(ZMTP_GREETING);
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
    await waitUntil('the properties of the socket', () => Buffer.concat(heard).includes(zmtpSocketType('DEALER')));
    expect(sockets).toHaveLength(1);
    await worker.stop();
  });
});
