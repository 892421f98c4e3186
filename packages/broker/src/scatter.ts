// SPDX-License-Identifier: Apache-2.0
// scatter - makes the routing ids of this process begin where nobody outside of it can know

import { randomInt } from 'node:crypto';
import { Context, Router } from 'zeromq';

/** So many beginnings are possible. Each takes some 25 us to skip, once in a process. */
const BEGINNINGS = 2048;

let scattered = false;

/**
 * Let ZeroMQ draw some random numbers, how many is random.
 *
 * A ROUTER numbers its peers from a random number on. libzmq draws it by `rand()`, which nobody seeds: in each new process
 * it is the same. And a peer may choose a routing id like those: when it has chosen the next one, libzmq ends the process.
 * Each socket draws, also one that is closed at once. So who wants to be ahead of the numbers has to claim thousands of
 * times as many.
 */
export function scatterRoutingIds(): void {
  if (scattered) return;
  scattered = true;
  const context = new Context();
  for (let left = randomInt(BEGINNINGS); left > 0; left--) new Router({ context }).close();
}
