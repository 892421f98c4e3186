// SPDX-License-Identifier: Apache-2.0
// index - the kinds of client and worker, by the name under which a process loads its own and no other

import type { Peer } from './peer.js';

const PEERS = {
  mdp: async () => (await import('./mdp.js')).mdp,
  dealer: async () => (await import('./dealer.js')).dealer,
  nats: async () => (await import('./nats.js')).nats,
  amqp: async () => (await import('./amqp.js')).amqp,
  moleculer: async () => (await import('./moleculer.js')).moleculer,
  grpc: async () => (await import('./grpc.js')).grpc,
  pigato: async () => (await import('./pigato.js')).pigato,
} as const satisfies Record<string, () => Promise<Peer>>;

/** The name of a kind of client and worker. */
export type PeerName = keyof typeof PEERS;

/** Load a kind of client and worker. */
export function loadPeer(name: PeerName): Promise<Peer> {
  return PEERS[name]();
}
