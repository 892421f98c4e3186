// SPDX-License-Identifier: Apache-2.0
// grpc - one unary call after another over one HTTP/2 connection, straight from the client to the worker

import { fileURLToPath } from 'node:url';
import type { Peer, Target } from './peer.js';
import { TIMEOUT_MS, foreign, reply } from './peer.js';

const PROTO = fileURLToPath(new URL('../../protos/echo.proto', import.meta.url));

interface Body {
  readonly content: Uint8Array;
}

type Callback = (error: Error | null, body?: Body) => void;

interface EchoClient {
  echo(body: Body, options: { deadline: number }, callback: Callback): void;
}

interface EchoClass {
  new (address: string, credentials: unknown): EchoClient;
  readonly service: unknown;
}

interface Server {
  addService(service: unknown, handlers: { echo(call: { request: Body }, callback: Callback): void }): void;
  bindAsync(address: string, credentials: unknown, callback: (error: Error | null, port: number) => void): void;
}

interface Grpc {
  Server: new () => Server;
  ServerCredentials: { createInsecure(): unknown };
  credentials: { createInsecure(): unknown };
  loadPackageDefinition(definition: unknown): { mdp: { bench: { Echo: EchoClass } } };
}

function load(target: Target): { grpc: Grpc; Echo: EchoClass } {
  const grpc = foreign(target, '@grpc/grpc-js') as Grpc;
  const loader = foreign(target, '@grpc/proto-loader') as { loadSync(path: string): unknown };
  return { grpc, Echo: grpc.loadPackageDefinition(loader.loadSync(PROTO)).mdp.bench.Echo };
}

export const grpc: Peer = {
  ask(target, bodyBytes) {
    const { grpc, Echo } = load(target);
    const client = new Echo(target.endpoint, grpc.credentials.createInsecure());
    const request = { content: Buffer.alloc(bodyBytes, 'x') };
    return Promise.resolve(
      () =>
        new Promise((resolve, reject) => {
          client.echo(request, { deadline: Date.now() + TIMEOUT_MS }, (error, body) => {
            if (error) reject(error);
            else resolve(body?.content.length ?? NaN);
          });
        }),
    );
  },

  answer(target, echo) {
    const { grpc, Echo } = load(target);
    const server = new grpc.Server();
    server.addService(Echo.service, {
      echo({ request }, callback) {
        reply(echo(request), (body) => {
          callback(null, body);
        });
      },
    });
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(`127.0.0.1:${String(port)}`);
      });
    });
  },
};
