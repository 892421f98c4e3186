// SPDX-License-Identifier: Apache-2.0
// served-broker - what the command needs of a broker, whether it is one or one in each of several threads

import type { Role } from '@mdp/broker';
import type { Log } from './logger.js';
import type { LogLevel } from './log-levels.js';
import type { BrokerSnapshot } from './snapshot.js';
import type { Totals } from './totals.js';

/** A place to listen that was asked for, and what was bound for it: one endpoint for each thread. */
export interface Listening {
  readonly role: Role;
  readonly endpoints: readonly string[];
  /** Whether it is encrypted. */
  readonly curve: boolean;
  /** Whether only keys that are listed may connect. */
  readonly allow: boolean;
  /** The only services that may be called and registered there; left out when all may be. */
  readonly services?: readonly string[];
}

/** A broker that is run by this command: it logs what happens in it by itself. */
export interface ServedBroker {
  /**
   * Bind every endpoint or none, and serve.
   *
   * @returns where it listens
   * @throws what a broker throws: `MDP_BIND` for an endpoint that cannot be bound
   */
  start(log: Log): Promise<readonly Listening[]>;
  /** Read all lists of allowed keys again; the log says what came of it. Without any nothing happens. */
  reloadKeys(): void;
  /** Resolves when it ended, or a part of it did, though nobody had told it to; the log says why. */
  readonly ended: Promise<void>;
  /** Whether any part of it has ended so, be it while it stopped. */
  readonly failed: boolean;
  /** What it does and has done. */
  totals(): Promise<Totals>;
  /** All that it tells of itself, as it is now; it costs something for each service. */
  snapshot(): Promise<BrokerSnapshot>;
  /** Log so much from now on; the log of this thread is its owner's. */
  setLogLevel(level: LogLevel): void;
  /**
   * Stop, and wait until it has.
   *
   * @param drainMs - how long running requests may take; called again it can only be shortened
   * @returns what it did in all
   */
  stop(drainMs: number): Promise<Totals>;
  /**
   * Whatever has come before: make sure that the process may be ended at once.
   *
   * @returns when that takes time, a promise of it, which never rejects
   */
  abandon(): Promise<void> | undefined;
}
