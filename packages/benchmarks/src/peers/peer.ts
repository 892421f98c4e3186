// SPDX-License-Identifier: Apache-2.0
// peer - what a client and a worker have to do to be measured, whatever they speak

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Dialect } from '@mdp/protocol';

/** What this project's peers can be told to speak, where they can be told. */
export type Wire = 'mx' | 'rfc18';

/** Whom a client asks and a worker serves, and what they speak. */
export interface Target {
  /** Where the server is; of those without one, where the worker is. */
  readonly endpoint: string;
  /** The folder into which foreign packages were installed: see `installed.ts`. */
  readonly folder?: string;
  /** What the peers of this project speak. Default `rfc18`. */
  readonly dialect?: Dialect;
  /** The `wire` option of the peers of this project; theirs when left out. */
  readonly wire?: Wire;
  /** The broker's public key, where the peers of this project encrypt. */
  readonly curve?: { readonly serverKey: string };
  /** What Moleculer's nodes meet over. */
  readonly transporter?: 'NATS' | 'TCP';
}

/** Sends one request; resolves with the length of the reply's body, in bytes. */
export type Ask = () => Promise<number>;

/** What a worker's handler does: gives back what it was given, at once or after a while. */
export type Echo = <T>(body: T) => T | Promise<T>;

/** A kind of client and worker. */
export interface Peer {
  /**
   * Connect a client to a worker that is there.
   *
   * @param bodyBytes - the length of its requests' bodies
   * @param inFlight - how many requests it will have under way at most
   */
  ask(target: Target, bodyBytes: number, inFlight: number): Promise<Ask>;
  /**
   * Start a worker.
   *
   * @param concurrency - how many requests it may have at a time, where its library knows such a limit
   * @returns the endpoint for the clients, once it serves
   */
  answer(target: Target, echo: Echo, concurrency: number): Promise<string>;
}

/** The longest that a request may wait for its reply, in milliseconds. */
export const TIMEOUT_MS = 10_000;

/** Load a foreign package from the folder that it was installed into: nothing is known of its types here. */
export function foreign({ folder }: Target, name: string): unknown {
  if (folder === undefined) throw new Error(`${name} was not installed`);
  return createRequire(join(folder, 'package.json'))(name);
}

/** Send what a handler gives back: at once when it is there, for a promise costs what nobody asked for. */
export function reply<T>(echoed: T | Promise<T>, send: (body: T) => void): void {
  if (echoed instanceof Promise) {
    // The handler never fails.
    void echoed.then(send);
  } else {
    send(echoed);
  }
}
