// SPDX-License-Identifier: Apache-2.0
// pigato - PIGATO's client and worker; its messages are JSON, so that a body is text

import type { Peer } from './peer.js';
import { TIMEOUT_MS, foreign, reply } from './peer.js';

interface PigatoClient {
  on(event: 'error', listener: (error: unknown) => void): void;
  start(): void;
  request(
    service: string,
    data: string,
    partial: () => void,
    final: (error: unknown, data: string | null) => void,
    options: { timeout: number },
  ): void;
}

interface PigatoWorker {
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'request', listener: (data: string, stream: { end(data: string): void }) => void): void;
  start(): void;
}

interface Pigato {
  Client: new (endpoint: string) => PigatoClient;
  Worker: new (endpoint: string, service: string, options: { concurrency: number }) => PigatoWorker;
}

/** What PIGATO calls an error is a word, or whatever the other side sent. */
function failure(error: unknown): Error {
  return new Error(`PIGATO: ${JSON.stringify(error)}`);
}

function fail(error: unknown): never {
  throw failure(error);
}

export const pigato: Peer = {
  ask(target, bodyBytes) {
    const { Client } = foreign(target, 'pigato') as Pigato;
    const client = new Client(target.endpoint);
    client.on('error', fail);
    client.start();
    const body = 'x'.repeat(bodyBytes);
    const partial = (): void => undefined;
    return Promise.resolve(
      () =>
        new Promise((resolve, reject) => {
          const final = (error: unknown, data: string | null): void => {
            if (error) reject(failure(error));
            else resolve(data?.length ?? NaN);
          };
          client.request('echo', body, partial, final, { timeout: TIMEOUT_MS });
        }),
    );
  },

  answer(target, echo, concurrency) {
    const { Worker } = foreign(target, 'pigato') as Pigato;
    const worker = new Worker(target.endpoint, 'echo', { concurrency });
    worker.on('error', fail);
    worker.on('request', (data, stream) => {
      reply(echo(data), (body) => {
        stream.end(body);
      });
    });
    worker.start();
    return Promise.resolve(target.endpoint);
  },
};
