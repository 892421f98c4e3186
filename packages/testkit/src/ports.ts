// SPDX-License-Identifier: Apache-2.0
// ports - TCP ports on which a broker of a test can die and come back

import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { waitUntil } from './wait.js';

/** Below the ports that the system hands out by itself: no connection of anybody takes one of them by chance. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** What keeps other processes from choosing the ports of this one, until it ends. */
const claims: Socket[] = [];

/** Claim a port among tests: its number is taken for UDP, where nobody needs it. @returns whether it was not claimed */
function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      // A claim is no reason for a process to live.
      claims.push(socket.unref());
      resolve(true);
    });
  });
}

/** Whether nobody listens there. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * A TCP port of this host that is free now, and that nobody else who asks here gets while this process lives: a broker can die
 * and come back on it, while other tests run beside this one.
 */
export async function freePort(): Promise<number> {
  return waitUntil('a free port', async () => {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    return (await claim(port)) && (await isFree(port)) ? port : 0;
  });
}
