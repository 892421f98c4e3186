// SPDX-License-Identifier: Apache-2.0
// nats - request and reply over NATS core, the worker in a queue group

import type { Peer } from './peer.js';
import { TIMEOUT_MS, foreign, reply } from './peer.js';

interface Message {
  readonly data: Uint8Array;
  respond(data: Uint8Array): boolean;
}

interface Connection {
  request(subject: string, payload: Uint8Array, options: { timeout: number }): Promise<Message>;
  subscribe(subject: string, options: { queue: string; callback(error: Error | null, message: Message): void }): void;
  flush(): Promise<void>;
}

interface TransportNode {
  connect(options: { servers: string }): Promise<Connection>;
}

const PACKAGE = '@nats-io/transport-node';

export const nats: Peer = {
  async ask(target, bodyBytes) {
    const connection = await (foreign(target, PACKAGE) as TransportNode).connect({ servers: target.endpoint });
    const body = new Uint8Array(bodyBytes).fill(120);
    return async () => (await connection.request('echo', body, { timeout: TIMEOUT_MS })).data.length;
  },

  async answer(target, echo) {
    const connection = await (foreign(target, PACKAGE) as TransportNode).connect({ servers: target.endpoint });
    connection.subscribe('echo', {
      queue: 'workers',
      callback(error, message) {
        if (error) throw error;
        reply(echo(message.data), (body) => message.respond(body));
      },
    });
    await connection.flush();
    return target.endpoint;
  },
};
