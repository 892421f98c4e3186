// SPDX-License-Identifier: Apache-2.0
// moleculer - a Moleculer node that calls an action of another, over NATS or over its own TCP transporter
//
// Its packets are JSON, as they are by default: a body is text here, which costs JSON far less than bytes do.

import { freePort } from '../ports.js';
import type { Peer, Target } from './peer.js';
import { TIMEOUT_MS, foreign } from './peer.js';

interface Context {
  readonly params: { readonly body: string };
}

interface ServiceBroker {
  readonly registry: { readonly nodes: { readonly localNode: { ipList: string[] } } };
  createService(schema: { name: string; actions: Record<string, (context: Context) => unknown> }): void;
  start(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: Context['params']): Promise<string>;
}

interface Moleculer {
  ServiceBroker: new (options: Readonly<Record<string, unknown>>) => ServiceBroker;
}

const WORKER = 'worker';

function node(target: Target, nodeID: string, transporter: unknown): ServiceBroker {
  const { ServiceBroker } = foreign(target, 'moleculer') as Moleculer;
  const broker = new ServiceBroker({ nodeID, transporter, logger: false, requestTimeout: TIMEOUT_MS });
  // Its TCP transporter tells others this address: nothing here leaves the machine.
  broker.registry.nodes.localNode.ipList = ['127.0.0.1'];
  return broker;
}

/** Nodes that meet by addresses they are given, not by shouting into the network. */
function tcp(options: Readonly<Record<string, unknown>>): unknown {
  return { type: 'TCP', options: { udpDiscovery: false, useHostname: false, ...options } };
}

export const moleculer: Peer = {
  async ask(target, bodyBytes) {
    const { endpoint } = target;
    const transporter = target.transporter === 'TCP' ? tcp({ urls: [`${endpoint}/${WORKER}`] }) : endpoint;
    const broker = node(target, 'client', transporter);
    await broker.start();
    await broker.waitForServices('echo');
    const body = 'x'.repeat(bodyBytes);
    return async () => (await broker.call('echo.echo', { body })).length;
  },

  async answer(target, echo) {
    const port = await freePort();
    const broker = node(target, WORKER, target.transporter === 'TCP' ? tcp({ port }) : target.endpoint);
    broker.createService({ name: 'echo', actions: { echo: (context) => echo(context.params.body) } });
    await broker.start();
    return target.transporter === 'TCP' ? `127.0.0.1:${String(port)}` : target.endpoint;
  },
};
