// SPDX-License-Identifier: Apache-2.0
// client - the client over ZeroMQ

import { randomBytes } from 'node:crypto';
import { DEFAULT_ENDPOINT, NONCE_LENGTH } from '@mdp/protocol';
import { ClientIds } from '@mdp/protocol/internal';
import { systemLookUp } from '@mdp/protocol/node';
import { BaseClient } from './base-client.js';
import { Connection } from './connection.js';
import { MxConnection } from './mx-connection.js';
import type { ClientOptions } from './options.js';

/**
 * A Majordomo client: any number of requests at once, to one broker or several.
 *
 * ```ts
 * await using client = new Client('tcp://127.0.0.1:5555', { timeoutMs: 10_000 });
 * const [thumbnail] = await client.request('resize', [image, '200']);
 * for await (const part of client.request('report', ['2026'])) show(part);
 * ```
 *
 * Strict RFC 18 allows one request at a time on a socket (MDP-C-07), so the client keeps a pool of DEALER sockets
 * (MDP-C-05, MDP01-05) that grows with the load and shrinks when it is idle. By MX (option `wire`) one socket to a broker
 * carries many. Nothing is opened before the first request. Open sockets keep the process alive until they have been idle
 * for `idleSocketMs`, or until {@link BaseClient.close}.
 */
export class Client extends BaseClient {
  /**
   * @param endpoints - one broker or several: `tcp://host:port`, `ipc://path` or `inproc://name` (same process, bound
   * first). Default `tcp://127.0.0.1:5555`. Requests are spread over those that answer.
   * @param options - see {@link ClientOptions}
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` for an endpoint or option that is not allowed
   */
  constructor(endpoints: string | readonly string[] = DEFAULT_ENDPOINT, options: ClientOptions = {}) {
    const ids = new ClientIds(randomBytes(NONCE_LENGTH));
    const nextRoutingId = (): string => ids.next();
    super(
      endpoints,
      options,
      (link, events, { connect }) => new Connection(link, events, connect, nextRoutingId),
      (link, events, { connect }) => new MxConnection(link, events, connect),
      systemLookUp,
    );
  }
}
