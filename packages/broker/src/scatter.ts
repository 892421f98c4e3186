// SPDX-License-Identifier: Apache-2.0
// scatter - makes the routing ids of this process begin where nobody outside of it can know

import { randomInt } from 'node:crypto';
import { Context, Router } from 'zeromq';
import { errorCode } from './system-error.js';

/** So many beginnings are possible. Each takes some 25 us to skip, once in a process. */
const BEGINNINGS = 2048;

/** So many sockets are opened and closed in a row: ZeroMQ frees them, and their files, in a thread of its own. */
const IN_A_ROW = 8;

/** How often to wait for that thread when there is no file or no socket left, and how long each time, in milliseconds. */
const WAITS = 100;
const WAIT_MS = 1;

let scattered: Promise<void> | undefined;

/**
 * Let ZeroMQ draw some random numbers, how many is random.
 *
 * A ROUTER numbers its peers from a random number on. libzmq draws it by `rand()`, which nobody seeds: in each new process
 * it is the same. And a peer may choose a routing id like those: when it has chosen the next one, libzmq ends the process.
 * Each socket draws, also one that is closed at once. So who wants to be ahead of the numbers has to claim thousands of
 * times as many.
 */
export function scatterRoutingIds(): Promise<void> {
  return (scattered ??= drawSome(randomInt(BEGINNINGS)));
}

async function drawSome(count: number): Promise<void> {
  const context = new Context();
  let waits = 0;
  for (let drawn = 0; drawn < count;) {
    try {
      new Router({ context }).close();
      drawn++;
      if (drawn % IN_A_ROW === 0) await new Promise(setImmediate);
    } catch (error) {
      if (errorCode(error) !== 'EMFILE') throw error;
      // A process with so few files loses less by fewer beginnings than by not starting.
      if (++waits > WAITS) return;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}
