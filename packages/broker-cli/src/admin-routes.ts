// SPDX-License-Identifier: Apache-2.0
// admin-routes - what the admin interface answers: metrics, health, figures, and how much is logged

import { LATENCY_BOUNDS_MS } from '@mdp/broker';
import type { RefusalReason } from './admin-refusals.js';
import type { AdminReply, AdminRoute } from './admin-server.js';
import { plain } from './admin-server.js';
import type { LogLevel } from './log-levels.js';
import { LOG_LEVELS } from './log-levels.js';
import { memoryInUse } from './memory-in-use.js';
import type { MetricForm } from './metrics.js';
import { Metrics } from './metrics.js';
import { Shared } from './shared.js';
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
  /** How often the admin interface itself has refused somebody. */
  refusals(): Readonly<Record<RefusalReason, number>>;
  logLevel(): LogLevel;
  /** Log so much from now on, and say so. */
  setLogLevel(level: LogLevel): void;
}

/** A thread that does not answer within so many milliseconds is not healthy. */
export const ALIVE_MS = 5_000;

/** What is made of a snapshot is made once, however many ask for it. */
class Writings {
  readonly #written = new WeakMap<BrokerSnapshot, Map<string, Promise<string>>>();

  /** @param what - another name for everything that may come out differently */
  of(snapshot: BrokerSnapshot, what: string, write: () => Promise<string> | string): Promise<string> {
    const texts = this.#written.get(snapshot) ?? new Map<string, Promise<string>>();
    this.#written.set(snapshot, texts);
    const text = texts.get(what) ?? Promise.resolve(write());
    texts.set(what, text);
    return text;
  }
}

/**
 * The routes.
 *
 * @param aliveMs - how long threads may take to answer when the health is asked for, in milliseconds
 */
export function adminRoutes(view: AdminView, aliveMs = ALIVE_MS): AdminRoute[] {
  const snapshots = new Shared(() => view.snapshot());
  const answers = new Shared(() => view.alive());
  const writings = new Writings();
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
        const ready = view.phase() === 'ready';
        const write = (): Promise<string> => metrics.write({ ...snapshot, ready, refusals: view.refusals() }, form);
        const body = await writings.of(snapshot, `${form} ${String(ready)}`, write);
        return { type: metrics.contentType(form), headers: { vary: 'accept' }, body };
      }),
    },
    {
      path: '/stats.json',
      GET: served(async (snapshot) => {
        const write = (): string => `${JSON.stringify(describe(view, snapshot))}\n`;
        const body = await writings.of(snapshot, `json ${view.phase()} ${view.logLevel()}`, write);
        return { type: 'application/json; charset=utf-8', body };
      }),
    },
    {
      path: '/healthz',
      open: true,
      GET: () => (view.phase() === 'starting' ? plain(200, 'starting') : health(answers.take(), aliveMs)),
    },
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

async function health(answer: Promise<unknown>, aliveMs: number): Promise<AdminReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, aliveMs, false).unref()));
  const alive = await Promise.race([answer.then(() => true), late]).finally(() => {
    clearTimeout(timer);
  });
  return alive ? plain(200, 'ok') : plain(503, 'a thread does not answer');
}

/** All that is known, for programs; what is shown of it is up to them. */
function describe(view: AdminView, { stats, lags }: BrokerSnapshot): unknown {
  const eventLoops = lags.map((lag, i) => ({ thread: i + 1, ...lag }));
  return {
    phase: view.phase(),
    logLevel: view.logLevel(),
    ...stats,
    eventLoops,
    memory: memoryInUse(),
    latencyBoundsMs: LATENCY_BOUNDS_MS,
  };
}
