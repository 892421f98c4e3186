// SPDX-License-Identifier: Apache-2.0
// alternatives - what users would pick instead of this project, each with its own client as its docs set it up

import type { Packages } from './installed.js';
import { describeVersions, install } from './installed.js';
import type { PeerName } from './peers/index.js';
import { refusedWire } from './peers/mdp.js';
import type { Target, Wire } from './peers/peer.js';
import { findRabbitMq } from './rabbitmq.js';
import type { FoundServer, Server } from './servers.js';
import { findNats, ownServer } from './servers.js';

/** An alternative that can be measured on this machine. */
export interface Contender {
  readonly peer: PeerName;
  readonly target: Omit<Target, 'endpoint'>;
  /** What stands between client and worker; nothing where they meet by themselves. */
  readonly server?: Server;
  /** Names and versions of what is measured, for people. */
  readonly versions: string;
}

/** Something that a client can ask a worker through. */
export interface Alternative {
  readonly name: string;
  /** The processes that a request passes, and how it is set up. */
  readonly path: string;
  /** Get it ready: the contender, or why there is none on this machine. */
  prepare(): Promise<Contender | string>;
}

/** The wires of this project, by name; what the other rows are compared with. */
export const MX = '@mdp, mx';
export const STRICT = '@mdp, rfc18';

const BROKER = ownServer('broker-process');

const NATS: Packages = { dependencies: { '@nats-io/transport-node': '3.4.0' } };
const RABBITMQ: Packages = { dependencies: { amqplib: '2.3.1' } };
/** The last one for Node.js 20, and the client that it wants for NATS. */
const MOLECULER: Packages = { dependencies: { moleculer: '0.14.35', nats: '2.29.3' } };
const GRPC: Packages = { dependencies: { '@grpc/grpc-js': '1.14.7', '@grpc/proto-loader': '0.8.1' } };
/**
 * PIGATO wants zmq 2.15, which does not compile with any Node.js that this project runs on: it gets that interface from
 * zeromq.js instead. A socket that publishes can no longer be named, and PIGATO asks zmq's inside whether it is closed.
 */
const PIGATO: Packages = {
  dependencies: { pigato: '0.0.46', zeromq: '6.8.0' },
  overrides: { zmq: 'file:zmq' },
  files: {
    'zmq/package.json': JSON.stringify({ name: 'zmq', version: '2.15.3', main: 'index.js' }),
    'zmq/index.js': `const zmq = require('zeromq/v5-compat');
exports.socket = (type) => {
  const socket = zmq.socket(type);
  if (type === 'pub') Object.defineProperty(socket, 'identity', { set: () => undefined });
  socket._zmq = { state: 0 };
  return socket;
};
exports.STATE_CLOSED = 2;
`,
  },
};

/** All of them, in the order of the tables. */
export const ALTERNATIVES: readonly Alternative[] = [
  {
    name: MX,
    path: "client → `@mdp/broker` → worker, with `wire: 'mx'`",
    prepare: () => prepareMdp('mx'),
  },
  {
    name: STRICT,
    path: 'client → `@mdp/broker` → worker, strictly by RFC 18',
    prepare: () => prepareMdp('rfc18'),
  },
  {
    name: 'DEALER, proxy, DEALER',
    path: 'DEALER → the proxy of libzmq → DEALER: the floor of the binding, no service logic',
    prepare: () =>
      Promise.resolve({
        peer: 'dealer',
        target: {},
        server: ownServer('proxy-process'),
        versions: 'zeromq.js as above',
      }),
  },
  {
    name: 'NATS',
    path: 'client → nats-server → worker in a queue group, request and reply of NATS core',
    prepare: () => prepare('nats', NATS, {}, () => findNats('')),
  },
  {
    name: 'RabbitMQ',
    path: 'client → rabbitmq-server → worker: transient queue, prefetch 64, acknowledged when replied, direct reply-to',
    prepare: () => prepare('amqp', RABBITMQ, {}, findRabbitMq),
  },
  {
    name: 'Moleculer on NATS',
    path: 'node → nats-server → node, JSON, the body as text',
    prepare: () => prepare('moleculer', MOLECULER, { transporter: 'NATS' }, () => findNats('nats://')),
  },
  {
    name: 'Moleculer on TCP',
    path: 'node → node, no server, JSON, the body as text',
    prepare: () => prepare('moleculer', MOLECULER, { transporter: 'TCP' }),
  },
  {
    name: 'gRPC',
    path: 'client → worker, no server: one HTTP/2 connection, no queue, no choice of worker',
    prepare: () => prepare('grpc', GRPC, {}),
  },
  {
    name: 'PIGATO',
    path: 'client → broker of PIGATO → worker, JSON, the body as text; its zmq is zeromq.js',
    prepare: () => prepare('pigato', PIGATO, {}, (folder) => ownServer('pigato-process', [folder])),
  },
];

async function prepareMdp(wire: Wire): Promise<Contender | string> {
  const refused = await refusedWire(wire);
  // Packages that know no wire are strict.
  if (refused !== undefined && wire !== 'rfc18') return `these packages refuse it (${refused})`;
  const target = refused === undefined ? { wire } : {};
  return { peer: 'mdp', target, server: BROKER, versions: '@mdp as above' };
}

/**
 * Install what a foreign alternative needs, and find its server.
 *
 * @param find - its server, given the folder of what was installed; left out when it has none
 */
async function prepare(
  peer: PeerName,
  packages: Packages,
  target: Contender['target'],
  find?: (folder: string) => Promise<FoundServer | string> | Server,
): Promise<Contender | string> {
  const installed = await install(peer, packages);
  if (typeof installed === 'string') return installed;
  const server = await find?.(installed.folder);
  if (typeof server === 'string') return server;
  const versions = [describeVersions(packages.dependencies)];
  if (server !== undefined && 'description' in server) versions.push(server.description);
  return {
    peer,
    target: { ...target, folder: installed.folder },
    versions: versions.join(', '),
    ...(server === undefined ? {} : { server }),
  };
}
