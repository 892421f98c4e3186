// SPDX-License-Identifier: Apache-2.0
// mdp - this project's client and worker with their defaults

import type { ClientOptions } from '@mdp/client';
import { Client } from '@mdp/client';
import type { WorkerOptions } from '@mdp/worker';
import { Worker } from '@mdp/worker';
import type { Peer, Target, Wire } from './peer.js';
import { TIMEOUT_MS } from './peer.js';

/** What they speak: `wire` only when it was asked for, as these versions may not know it. */
function speech({ dialect = 'rfc18', wire, curve }: Target): ClientOptions & WorkerOptions {
  return { dialect, ...(wire === undefined ? {} : { wire }), ...(curve === undefined ? {} : { curve }) };
}

export const mdp: Peer = {
  ask(target, bodyBytes, inFlight) {
    const client = new Client(target.endpoint, { ...speech(target), timeoutMs: TIMEOUT_MS, maxSockets: inFlight });
    const body = Buffer.alloc(bodyBytes, 'x');
    return Promise.resolve(async () => {
      const frames = await client.request('echo', body);
      return frames.length === 1 ? (frames[0]?.length ?? NaN) : NaN;
    });
  },

  async answer(target, echo, concurrency) {
    const worker = new Worker(target.endpoint, 'echo', (request) => echo(request.body), {
      ...speech(target),
      concurrency,
    });
    await worker.start();
    return target.endpoint;
  },
};

/**
 * Whether this project's peers know a wire.
 *
 * @returns nothing, or why not, in their own words
 */
export async function refusedWire(wire: Wire): Promise<string | undefined> {
  const target: Target = { endpoint: 'tcp://127.0.0.1:1', wire };
  try {
    // Neither connects before it is used.
    await new Client(target.endpoint, speech(target)).close();
    await new Worker(target.endpoint, 'echo', (request) => request.body, speech(target)).stop();
    return undefined;
  } catch (error) {
    // What would be allowed is a long list.
    return error instanceof Error ? error.message.split(', allowed')[0] : String(error);
  }
}
