// SPDX-License-Identifier: Apache-2.0
// admin - the admin interface of a broker that this command runs

import { AdminGuard } from './admin-guard.js';
import type { RefusalReason } from './admin-refusals.js';
import { AdminRefusals } from './admin-refusals.js';
import type { AdminPhase, AdminView } from './admin-routes.js';
import { adminRoutes } from './admin-routes.js';
import { AdminServer } from './admin-server.js';
import type { AdminSettings } from './admin-settings.js';
import { readToken } from './admin-token.js';
import { BurstLog } from './burst-log.js';
import { errorCode, errorMessage } from './exit-codes.js';
import type { Log } from './logger.js';
import { printable } from './printable.js';
import { StatusFeed } from './status-page/feed.js';
import type { RecentLines } from './status-page/recent-lines.js';
import { statusRoutes } from './status-page/routes.js';

/** What it tells of, but for how far the broker is. */
export type AdminBroker = Omit<AdminView, 'phase' | 'refusals'> & { readonly recent: RecentLines };

/** Serves metrics and health checks, from before the broker listens until it has stopped. */
export class Admin {
  readonly #settings: AdminSettings;
  readonly #log: Log;
  readonly #guard: AdminGuard;
  readonly #refusals: AdminRefusals;
  readonly #server: AdminServer;
  readonly #feed: StatusFeed;
  /** How far the broker is; whoever runs it says so. */
  phase: AdminPhase = 'starting';

  /** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when the token cannot be read */
  constructor(settings: AdminSettings, broker: AdminBroker, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#refusals = new AdminRefusals(new BurstLog(log));
    const fault = (error: unknown): void => {
      log.log('error', 'adminFailed', `the admin interface: ${printable(errorMessage(error), 500)}`);
    };
    const refused = (reason: RefusalReason, address: string): void => {
      this.#refusals.note(reason, address);
    };
    const view = { ...broker, phase: () => this.phase, refusals: () => this.#refusals.counts };
    this.#feed = new StatusFeed(view, fault);
    const routes = [...statusRoutes(this.#feed), ...adminRoutes(view)];
    this.#guard = new AdminGuard(readToken(settings));
    this.#server = new AdminServer(routes, this.#guard, { fault, refused });
  }

  /**
   * Listen; the log says where, or why not.
   *
   * @returns whether it listens
   */
  async start(): Promise<boolean> {
    const { host, port, names, tokenFile } = this.#settings;
    try {
      const url = await this.#server.listen(host, port);
      this.#feed.start();
      const who = tokenFile === undefined ? 'for this machine only' : 'for who shows the token';
      this.#log.log('info', 'adminListening', `a status page, metrics and health checks on ${printable(url)}, ${who}`, {
        url,
      });
      return true;
    } catch (error) {
      const why = errorCode(error) === 'EADDRINUSE' ? 'the port is in use' : printable(errorMessage(error));
      const where = printable(`${host}:${String(port)}`);
      this.#log.log(
        'error',
        'adminFailed',
        `the admin interface cannot listen on ${where}: ${why}: choose another address with ${names.address}`,
      );
      return false;
    }
  }

  /** Read the token again, if one is asked for. When another one is to be shown, all connections end: who shows it comes back. */
  reloadToken(): void {
    let token: string | undefined;
    try {
      token = readToken(this.#settings);
    } catch (error) {
      const message = printable(errorMessage(error), 500);
      const what = 'the token of the admin interface could not be read again, and the one before goes on to hold';
      this.#log.log('error', 'tokenNotReloaded', `${what}: ${message}`, { error: message });
      return;
    }
    if (token === undefined) return;
    const other = this.#guard.want(token);
    if (other) this.#server.disconnect();
    const news = other ? 'another one has to be shown from now on' : 'it is the same';
    this.#log.log('info', 'tokenReloaded', `the token of the admin interface was read again: ${news}`);
  }

  close(): Promise<void> {
    this.#feed.close();
    this.#refusals.close();
    return this.#server.close();
  }
}
