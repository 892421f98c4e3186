// SPDX-License-Identifier: Apache-2.0
// conformance - runs the same tests over every way in which peers can reach a broker

import { afterEach, describe } from '@jest/globals';
import type { BrokerOptions } from '@mdp/broker';
import type { Topology } from './live.js';
import { Live, TOPOLOGIES } from './live.js';

/** The heartbeat interval of these tests, in milliseconds: short, so that silence can be told from delay. */
export const INTERVAL = 25;

/**
 * Heartbeats in short intervals, many of which may be missed: a machine that is busy delays messages for some. ZeroMQ's own
 * are off, for they would cut connections then.
 */
export const BEATING: BrokerOptions = { heartbeatIntervalMs: INTERVAL, heartbeatLiveness: 20, zmtpHeartbeats: false };

/** After so much silence a worker is taken for disconnected, in milliseconds. */
export const EXPIRY = 20 * INTERVAL;

/** The topologies in which a peer is a connection of the broker's. */
export const DIRECT: readonly Topology[] = ['one endpoint for all', 'an endpoint for each side'];

/** Starts the broker of one test; it is stopped, and its peers closed, when the test has ended. */
export type Start = (options?: BrokerOptions) => Promise<Live>;

/**
 * Describe something for every topology (MDP-B-02).
 *
 * @param tests - gets the way to start a broker whose peers sit in that topology
 * @param topologies - for what is otherwise behind a proxy: {@link DIRECT}
 */
export function overTopologies(
  what: string,
  tests: (start: Start) => void,
  topologies: readonly Topology[] = TOPOLOGIES,
): void {
  describe.each(topologies)(`${what}: %s`, (topology) => {
    const started: Live[] = [];
    afterEach(async () => {
      await Promise.all(started.splice(0).map((live) => live.close()));
    });
    tests(async (options = {}) => {
      const live = await Live.start(options, topology);
      started.push(live);
      return live;
    });
  });
}

/** What is to see that time has passed for a broker: a worker that lives, and counts the HEARTBEATs that it is sent. */
export class Pulse {
  private constructor(readonly next: () => Promise<unknown>) {}

  /** Register the worker that counts. */
  static async of(live: Live): Promise<Pulse> {
    const worker = await live.registered('the pulse');
    worker.beatEvery(INTERVAL);
    return new Pulse(() => worker.next());
  }

  /** Wait until so many intervals have passed: whatever the broker had to say to others, it has said. */
  async intervals(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.next();
  }
}
