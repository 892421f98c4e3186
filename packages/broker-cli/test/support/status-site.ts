// SPDX-License-Identifier: Apache-2.0
// status-site - the status page of a broker that is made up, on a server of its own

import { AdminGuard } from '../../src/admin-guard.js';
import { AdminServer } from '../../src/admin-server.js';
import { EVERY_MS, StatusFeed } from '../../src/status-page/feed.js';
import { StatusHistory } from '../../src/status-page/history.js';
import { RecentLines } from '../../src/status-page/recent-lines.js';
import { statusRoutes } from '../../src/status-page/routes.js';
import type { StatusUpdate } from '../../src/page/update.js';
import type { SnapshotParts } from './snapshots.js';
import { snapshotOf } from './snapshots.js';
import { RecordingLog } from './recording-log.js';

/** What can be different. */
export interface SiteParts {
  readonly token?: string;
  /** How often it looks at the broker, in milliseconds. */
  readonly everyMs?: number;
  /** Left out: any that is free. */
  readonly port?: number;
  /** Which page it says that it has; left out: the one that it has. */
  readonly page?: string;
  /** How the broker was before, every two seconds. */
  readonly past?: readonly SnapshotParts[];
}

function remembering(past: readonly SnapshotParts[]): StatusHistory {
  const history = new StatusHistory();
  const [nowMs, now] = [performance.now(), Date.now()];
  past.forEach((parts, i) => {
    const agoMs = (past.length - i) * EVERY_MS;
    history.add({ atMs: nowMs - agoMs, date: now - agoMs, snapshot: snapshotOf(parts), memory: 150e6 + 4e5 * i });
  });
  return history;
}

/** A server with the page and its feed. Close it after the test. */
export class StatusSite implements AsyncDisposable {
  phase: StatusUpdate['phase'] = 'ready';
  /** What the broker tells at the next look, and at all after it. */
  parts: SnapshotParts | Error | (() => SnapshotParts) = {};
  looks = 0;
  readonly faults: unknown[] = [];
  readonly recent = new RecentLines();
  /** What is written here can be seen in the page. */
  readonly log = this.recent.listening(new RecordingLog('error'));
  readonly feed: StatusFeed;
  readonly #server: AdminServer;
  url = '';

  private constructor({ token, page, everyMs = 20, past = [] }: SiteParts) {
    const source = {
      phase: () => this.phase,
      snapshot: () => {
        this.looks++;
        const { parts } = this;
        return parts instanceof Error
          ? Promise.reject(parts)
          : Promise.resolve(snapshotOf(typeof parts === 'function' ? parts() : parts));
      },
      recent: this.recent,
    };
    const fault = (error: unknown): void => {
      this.faults.push(error);
    };
    this.feed = new StatusFeed(source, fault, everyMs, remembering(past));
    const routes = statusRoutes(this.feed);
    if (page !== undefined) routes.unshift({ path: '/events', GET: () => this.feed.reply(page) });
    // Of two with one path the last holds.
    this.#server = new AdminServer(routes.reverse(), new AdminGuard(token), { fault, refused: () => undefined });
  }

  static async start(parts: StatusSite['parts'] = {}, more: SiteParts = {}): Promise<StatusSite> {
    const site = new StatusSite(more);
    site.parts = parts;
    site.url = await site.#server.listen('127.0.0.1', more.port ?? 0);
    site.feed.start();
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.feed.close();
    await this.#server.close();
  }
}
