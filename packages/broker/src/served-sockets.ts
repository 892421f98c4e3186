// SPDX-License-Identifier: Apache-2.0
// served-sockets - all ROUTER sockets of a broker: bound, read, made anew when keys are revoked, and closed

import type { Frame } from '@mdp/protocol';
import type { Router } from 'zeromq';
import type { BoundSocketHost } from './bound-socket.js';
import { BoundSocket } from './bound-socket.js';
import type { ResolvedEndpoint, SocketGroup } from './endpoint-options.js';
import type { ResolvedBrokerOptions } from './options.js';
import type { RouterLoopHost } from './router-loop.js';
import { RouterLoop } from './router-loop.js';
import { scatterRoutingIds } from './scatter.js';
import type { Security } from './security/security.js';
import { Access } from './state/access.js';
import { asError } from './system-error.js';

/** How long to wait before endpoints that could not be bound again are tried once more, in milliseconds. */
const REBIND_MS = 1000;

/** Who serves what comes on the sockets. They are known by their index. */
export interface ServedSocketsHost extends BoundSocketHost, Pick<RouterLoopHost, 'turn' | 'settled'> {
  /** A socket is bound, and will be read from now on; it may take the place of one that was {@link cutOff}. */
  opened(index: number, socket: Router): void;
  /** One message; frame 0 is the routing id. @returns how many commands it held */
  message(now: number, index: number, access: Access, frames: readonly Frame[]): number;
  /** Everything that had arrived on a socket is read. */
  drained(now: number, index: number): void;
  /** A socket is about to be closed with all its connections, and nothing more is read from them. */
  cutOff(index: number): void;
}

/** A socket that is bound, and the loop that reads it. */
interface Served {
  readonly group: SocketGroup;
  readonly bound: BoundSocket;
  readonly loop: RouterLoop;
}

/** The sockets of a broker. */
export class ServedSockets {
  readonly #groups: readonly SocketGroup[];
  readonly #options: ResolvedBrokerOptions;
  readonly #security: Security | undefined;
  readonly #host: ServedSocketsHost;
  #served: Served[] = [];
  /** Those that are made anew, one after the other. */
  #renewing: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(
    groups: readonly SocketGroup[],
    options: ResolvedBrokerOptions,
    security: Security | undefined,
    host: ServedSocketsHost,
  ) {
    this.#groups = groups;
    this.#options = options;
    this.#security = security;
    this.#host = host;
  }

  /** Where they are bound, with the ports that were chosen; empty before {@link open}. */
  get endpoints(): readonly string[] {
    return this.#served.flatMap(({ bound }) => bound.endpoints);
  }

  /** The same, and who may do what there. */
  get listening(): readonly ResolvedEndpoint[] {
    return this.#served.flatMap(({ group: { endpoints, ...rights }, bound }) =>
      bound.endpoints.map((endpoint) => ({ endpoint, ...rights })),
    );
  }

  /** The same by socket, as they were asked for and as they are bound. */
  get bound(): readonly { readonly group: SocketGroup; readonly endpoints: readonly string[] }[] {
    return this.#served.map(({ group, bound }) => ({ group, endpoints: [...bound.endpoints] }));
  }

  /** The index of each. */
  each(visit: (index: number) => void): void {
    for (let index = 0; index < this.#served.length; index++) visit(index);
  }

  /** Whether more is known to have arrived than was read. */
  get hungry(): boolean {
    return this.#served.some(({ loop }) => loop.hungry);
  }

  /**
   * Bind all of them, and begin to read.
   *
   * @throws BindError `MDP_BIND` when an endpoint cannot be bound; nothing is bound then
   */
  async open(): Promise<void> {
    await scatterRoutingIds();
    const all: BoundSocket[] = [];
    try {
      for (const group of this.#groups) {
        const bound = this.#newSocket(group);
        all.push(bound);
        for (const endpoint of group.endpoints) await bound.bind(endpoint);
      }
    } catch (error) {
      await Promise.all(all.map((bound) => bound.close()));
      throw error;
    }
    this.#served = all.map((bound, index) => this.#serve(index, this.#groups[index] as SocketGroup, bound));
  }

  /**
   * Close a socket with all its connections and bind another one in its place: whoever may connect does so again. ZeroMQ
   * has no other way to part from a peer.
   *
   * @returns where it is bound
   */
  renew(group: SocketGroup): readonly string[] {
    const index = this.#served.findIndex((served) => served.group === group);
    this.#renewing = this.#renewing.then(() => this.#renew(index));
    return this.#served[index]?.bound.endpoints ?? [];
  }

  async #renew(index: number): Promise<void> {
    const old = this.#served[index];
    if (old === undefined || this.#isClosing()) return;
    old.loop.close();
    this.#host.cutOff(index);
    await old.bound.close(0);
    while (!this.#isClosing()) {
      const bound = this.#newSocket(old.group);
      try {
        for (const endpoint of old.bound.endpoints) await bound.bind(endpoint);
      } catch (error) {
        this.#host.failed(asError(error));
        await bound.close(0);
        await new Promise((resolve) => setTimeout(resolve, REBIND_MS));
        continue;
      }
      this.#served[index] = this.#serve(index, old.group, bound);
      return;
    }
  }

  #newSocket(group: SocketGroup): BoundSocket {
    const ipv6 = group.endpoints.some((endpoint) => endpoint.includes('['));
    return new BoundSocket(this.#options, { ipv6, ...this.#security?.optionsFor(group) }, this.#host);
  }

  #serve(index: number, group: SocketGroup, bound: BoundSocket): Served {
    const host = this.#host;
    const access = new Access(group.role, group.services);
    const loop = new RouterLoop(bound.socket, {
      turn: () => host.turn(),
      message: (now, frames) => host.message(now, index, access, frames),
      drained: (now) => {
        host.drained(now, index);
      },
      settled: (now) => {
        host.settled(now);
      },
      failed: (error) => {
        host.failed(error);
      },
    });
    host.opened(index, bound.socket);
    void loop.run();
    return { group, bound, loop };
  }

  /** Renew none any more, and wait until the one that is being renewed is. */
  async settle(): Promise<void> {
    this.#closing = true;
    await this.#renewing;
  }

  /** Read no more, give the endpoints up and close. */
  async close(): Promise<void> {
    for (const { loop } of this.#served) loop.close();
    await Promise.all(this.#served.map(({ bound }) => bound.close()));
  }

  #isClosing(): boolean {
    return this.#closing;
  }
}
