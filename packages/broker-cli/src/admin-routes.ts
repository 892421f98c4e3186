// SPDX-License-Identifier: Apache-2.0
// admin-routes - what the admin interface answers: metrics, health, figures, and how much is logged

import { LATENCY_BOUNDS_MS } from '@mdp/broker';
import type { AdminReply, AdminRoute } from './admin-server.js';
import { plain } from './admin-server.js';
import type { LogLevel } from './log-levels.js';
import { LOG_LEVELS } from './log-levels.js';
import type { MetricForm } from './metrics.js';
import { Metrics } from './metrics.js';
import type { BrokerSnapshot } from './snapshot.js';

/** How far the broker is. */
export type AdminPhase = 'starting' | 'ready' | 'draining';

/** What the routes tell of. */
export interface AdminView {
  phase(): AdminPhase;
  /** All that the broker tells of itself; only asked for once it serves. */
  snapshot(): Promise<BrokerSnapshot>;
  /** Resolves when every thread of it has answered. */
  alive(): Promise<unknown>;
  logLevel(): LogLevel;
  /** Log so much from now on, and say so. */
  setLogLevel(level: LogLevel): void;
}

/** A snapshot is good for so long, in milliseconds: however many ask, the broker is kept from its work once. */
const FRESH_MS = 500;

/** A thread that does not answer within so many milliseconds is not healthy. */
export const ALIVE_MS = 5_000;

/** Snapshots, shared by all who ask. */
class Snapshots {
  readonly #view: AdminView;
  #last: Promise<BrokerSnapshot> | undefined;
  #takenAt = -Infinity;

  constructor(view: AdminView) {
    this.#view = view;
  }

  take(): Promise<BrokerSnapshot> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#takenAt > FRESH_MS) {
      this.#takenAt = now;
      const taken = this.#view.snapshot();
      this.#last = taken;
      // One that failed is not kept; whoever has asked for it hears why.
      taken.catch(() => {
        if (this.#last === taken) this.#last = undefined;
      });
    }
    return this.#last;
  }
}

/**
 * The routes.
 *
 * @param aliveMs - how long threads may take to answer when the health is asked for, in milliseconds
 */
export function adminRoutes(view: AdminView, aliveMs = ALIVE_MS): AdminRoute[] {
  const snapshots = new Snapshots(view);
  const metrics = new Metrics();

  /** What needs a broker that has begun to serve. */
  const served =
    (reply: (snapshot: BrokerSnapshot, accept: string) => Promise<AdminReply> | AdminReply): AdminRoute['GET'] =>
    async ({ headers }) =>
      view.phase() === 'starting' ? plain(503, 'starting') : reply(await snapshots.take(), headers.accept ?? '');

  return [
    {
      path: '/metrics',
      GET: served(async (snapshot, accept) => {
        const form: MetricForm = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
        const body = await metrics.write({ ...snapshot, ready: view.phase() === 'ready' }, form);
        return { type: metrics.contentType(form), headers: { vary: 'accept' }, body };
      }),
    },
    { path: '/stats.json', GET: served((snapshot) => json(describe(view, snapshot))) },
    { path: '/healthz', open: true, GET: () => health(view, aliveMs) },
    {
      path: '/readyz',
      open: true,
      GET: () => {
        const phase = view.phase();
        return plain(phase === 'ready' ? 200 : 503, phase);
      },
    },
    {
      path: '/log-level',
      GET: () => plain(200, view.logLevel()),
      PUT: (text) => {
        const level = LOG_LEVELS.find((one) => one === text.trim());
        if (level === undefined) return plain(400, `allowed is ${LOG_LEVELS.join(', ')}`);
        view.setLogLevel(level);
        return plain(200, level);
      },
    },
  ];
}

async function health(view: AdminView, aliveMs: number): Promise<AdminReply> {
  if (view.phase() === 'starting') return plain(200, 'starting');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, aliveMs, false).unref()));
  const alive = await Promise.race([view.alive().then(() => true), late]).finally(() => {
    clearTimeout(timer);
  });
  return alive ? plain(200, 'ok') : plain(503, 'a thread does not answer');
}

function json(value: unknown): AdminReply {
  return { type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** All that is known, for programs; what is shown of it is up to them. */
function describe(view: AdminView, { stats, lags }: BrokerSnapshot): unknown {
  const eventLoops = lags.map((lag, i) => ({ thread: i + 1, ...lag }));
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    phase: view.phase(),
    logLevel: view.logLevel(),
    ...stats,
    eventLoops,
    memory: { rss, heapUsed, external },
    latencyBoundsMs: LATENCY_BOUNDS_MS,
  };
}
