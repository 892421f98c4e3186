// SPDX-License-Identifier: Apache-2.0
// metric-table - every metric of the admin interface: its name, type, labels and meaning, once

import type { BrokerCounters, BrokerStats, LatencyHistogram, ServiceStats } from '@mdp/broker';
import { STATUS } from '@mdp/protocol';
import type { RefusalReason } from './admin-refusals.js';
import type { LoopLag } from './loop-lag.js';

/** What the metrics are made from. */
export interface MetricSource {
  readonly stats: BrokerStats;
  /** Those with names of their own, and the rest as one. */
  readonly services: readonly ServiceStats[];
  /** One for each thread. */
  readonly lags: readonly LoopLag[];
  /** Whether it serves and does not stop. */
  readonly ready: boolean;
  /** Of the admin interface. */
  readonly refusals: Readonly<Record<RefusalReason, number>>;
}

/** The values of labels, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One value, or one histogram, with its labels. */
export type Sample = readonly [value: number | LatencyHistogram, labels?: Labels];

/** One metric. */
export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  readonly read: (source: MetricSource) => readonly Sample[];
}

const SECOND = 1_000;
const KNOWN = new Set<number>(Object.values(STATUS));

type Type = MetricRow['type'];

/** A metric of the broker as a whole. */
function whole(type: Type, name: string, help: string, read: (source: MetricSource) => number): MetricRow {
  return { name: `mdp_${name}`, type, labels: [], help, read: (source) => [[read(source)]] };
}

/** A counter of the broker by one label. */
function by(label: string, name: string, help: string, read: (counters: BrokerCounters) => object): MetricRow {
  const samples = ({ stats }: MetricSource): Sample[] =>
    Object.entries(read(stats.counters) as Record<string, number>).map(([key, value]) => [value, { [label]: key }]);
  return { name: `mdp_${name}`, type: 'counter', labels: [label], help, read: samples };
}

/** A metric of each service. */
function each(
  type: Type,
  name: string,
  help: string,
  read: (service: ServiceStats) => number | LatencyHistogram,
): MetricRow {
  const samples = ({ services }: MetricSource): Sample[] =>
    services.map((service) => [read(service), { service: service.name }]);
  return { name: `mdp_service_${name}`, type, labels: ['service'], help, read: samples };
}

/** How requests ended: a status that no part of this project uses is a worker's own, and could be any. */
function outcomes(
  { finals, cancelled, abandoned, failed }: Pick<ServiceStats, 'finals' | 'cancelled' | 'abandoned' | 'failed'>,
  labels: Labels = {},
): Sample[] {
  const errors = new Map<string, number>();
  for (const [status, count] of Object.entries(failed)) {
    const shown = KNOWN.has(Number(status)) ? status : 'other';
    errors.set(shown, (errors.get(shown) ?? 0) + count);
  }
  return [
    [finals, { ...labels, outcome: 'ok', status: '' }],
    [cancelled, { ...labels, outcome: 'cancelled', status: '' }],
    [abandoned, { ...labels, outcome: 'abandoned', status: '' }],
    ...Array.from(errors, ([status, count]): Sample => [count, { ...labels, outcome: 'error', status }]),
  ];
}

/** Every metric, in the order in which they are told. */
export const METRICS: readonly MetricRow[] = [
  {
    name: 'mdp_build_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version of the broker',
    read: ({ stats }) => [[1, { version: stats.version }]],
  },
  whole('gauge', 'ready', 'Whether it serves: 0 while it starts and while it stops', ({ ready }) => (ready ? 1 : 0)),
  whole('gauge', 'uptime_seconds', 'Since when it serves', ({ stats }) => stats.uptimeMs / SECOND),
  whole('gauge', 'threads', 'How many brokers there are, each in a thread of its own', ({ lags }) => lags.length),
  whole('gauge', 'connections', 'Connections that are remembered', ({ stats }) => stats.connections),
  {
    name: 'mdp_workers',
    type: 'gauge',
    labels: ['state'],
    help: 'Registered workers: busy ones hold a request, waiting ones none',
    read: ({ stats: { workers } }) => [
      [workers.waiting, { state: 'waiting' }],
      [workers.busy, { state: 'busy' }],
    ],
  },
  whole('gauge', 'services', 'Services that are known', ({ stats }) => stats.services.length),
  whole(
    'counter',
    'requests_total',
    'REQUESTs of clients, those to MMI included',
    ({ stats }) => stats.counters.requests,
  ),
  {
    name: 'mdp_requests_ended_total',
    type: 'counter',
    labels: ['outcome', 'status'],
    help: 'Requests that ended: ok, mmi (answered by the broker itself), cancelled, abandoned (the client is gone), or error, with its status',
    read: ({ stats: { counters } }) => [...outcomes(counters), [counters.mmi, { outcome: 'mmi', status: '' }]],
  },
  whole('gauge', 'requests_running', 'Requests that workers hold', ({ stats }) => stats.requests.running),
  whole('gauge', 'requests_queued', 'Requests that wait for a worker', ({ stats }) => stats.requests.queued),
  whole('gauge', 'requests_queued_bytes', 'What they take', ({ stats }) => stats.requests.queuedBytes),
  whole(
    'gauge',
    'requests_pending_bytes',
    'What all requests that have not ended take, and what of their replies waits',
    ({ stats }) => stats.requests.pendingBytes,
  ),
  whole('counter', 'attempts_total', 'REQUESTs given to workers', ({ stats }) => stats.counters.dispatched),
  whole(
    'counter',
    'requests_recovered_total',
    'Requests taken from a lost worker and queued again',
    ({ stats }) => stats.counters.recovered,
  ),
  whole('counter', 'partials_total', 'PARTIALs passed on to clients', ({ stats }) => stats.counters.partials),
  whole(
    'counter',
    'errors_withheld_total',
    'Error replies that a Majortomo or MDP/0.1 client was not sent',
    ({ stats }) => stats.counters.errorsWithheld,
  ),
  each('counter', 'requests_total', 'REQUESTs for the service', ({ requests }) => requests),
  {
    name: 'mdp_service_requests_ended_total',
    type: 'counter',
    labels: ['service', 'outcome', 'status'],
    help: 'Requests for the service that ended: ok, cancelled, abandoned (the client is gone), or error, with its status',
    read: ({ services }) => services.flatMap((service) => outcomes(service, { service: service.name })),
  },
  each('counter', 'attempts_total', 'REQUESTs given to workers of the service', ({ dispatched }) => dispatched),
  each(
    'counter',
    'requests_recovered_total',
    'Requests taken from a lost worker of the service and queued again',
    ({ recovered }) => recovered,
  ),
  each('counter', 'partials_total', 'PARTIALs passed on to clients of the service', ({ partials }) => partials),
  each('counter', 'request_bytes_total', 'Bytes in the bodies of requests for the service', ({ bytesIn }) => bytesIn),
  each('counter', 'reply_bytes_total', 'Bytes in the bodies of replies of the service', ({ bytesOut }) => bytesOut),
  each('gauge', 'queue_length', 'Requests that wait for a worker of the service', ({ queued }) => queued),
  each(
    'gauge',
    'queue_oldest_seconds',
    'How long the request waits that was queued first; 0 when none waits',
    ({ oldestMs }) => oldestMs / SECOND,
  ),
  {
    name: 'mdp_service_workers',
    type: 'gauge',
    labels: ['service', 'state'],
    help: 'Registered workers of the service: waiting ones have room for a request, busy ones have none',
    read: ({ services }) =>
      services.flatMap(({ name, waiting, busy }): Sample[] => [
        [waiting, { service: name, state: 'waiting' }],
        [busy, { service: name, state: 'busy' }],
      ]),
  },
  each(
    'histogram',
    'wait_seconds',
    'How long requests waited until a worker of the service was given them, once for each attempt',
    ({ waitMs }) => waitMs,
  ),
  each(
    'histogram',
    'duration_seconds',
    'How long workers of the service took, from when they were given a request to their FINAL',
    ({ serviceMs }) => serviceMs,
  ),
  whole('counter', 'workers_registered_total', 'Workers that registered', ({ stats }) => stats.counters.workersReady),
  by('reason', 'workers_lost_total', 'Workers that left or were lost', ({ workersLost }) => workersLost),
  whole('counter', 'messages_received_total', 'Messages that arrived', ({ stats }) => stats.counters.received),
  whole('counter', 'messages_sent_total', 'Messages that were handed to ZeroMQ', ({ stats }) => stats.counters.sent),
  by('cause', 'messages_dropped_total', 'Messages that were dropped', ({ dropped }) => dropped),
  by('reason', 'messages_invalid_total', 'Messages that were dropped because they are none', ({ invalid }) => invalid),
  whole('counter', 'heartbeats_sent_total', 'HEARTBEATs sent', ({ stats }) => stats.counters.heartbeatsSent),
  whole('counter', 'disconnects_sent_total', 'DISCONNECTs sent', ({ stats }) => stats.counters.disconnectsSent),
  whole('gauge', 'outbox_peers', 'Peers that read too slowly', ({ stats }) => stats.outbox.peers),
  whole('gauge', 'outbox_messages', 'Messages that wait for them', ({ stats }) => stats.outbox.messages),
  whole('gauge', 'outbox_bytes', 'The bytes that wait for them', ({ stats }) => stats.outbox.bytes),
  whole(
    'counter',
    'keys_accepted_total',
    'Peers let in because of their key',
    ({ stats }) => stats.counters.keysAccepted,
  ),
  by('reason', 'keys_refused_total', 'Peers that were not let in', ({ keysRefused }) => keysRefused),
  by('reason', 'handshakes_failed_total', 'Handshakes that failed', ({ handshakesFailed }) => handshakesFailed),
  whole(
    'counter',
    'accepts_failed_total',
    'How often no connection could be accepted: no file can be opened any more',
    ({ stats }) => stats.counters.acceptsFailed,
  ),
  {
    name: 'mdp_admin_refused_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Whom the admin interface itself did not answer',
    read: ({ refusals }) => Object.entries(refusals).map(([reason, count]): Sample => [count, { reason }]),
  },
  whole(
    'counter',
    'stalled_seconds_total',
    'For how long the process stood still, as far as it was noticed',
    ({ stats }) => stats.counters.stalledMs / SECOND,
  ),
  {
    name: 'mdp_event_loop_lag_seconds',
    type: 'gauge',
    labels: ['thread', 'stat'],
    help: 'How late the event loop of each broker was in the last 15 seconds: p50, p99, max',
    read: ({ lags }) =>
      lags.flatMap(({ p50Ms, p99Ms, maxMs }, i): Sample[] =>
        Object.entries({ p50: p50Ms, p99: p99Ms, max: maxMs }).map(([stat, ms]) => [
          ms / SECOND,
          { thread: String(i + 1), stat },
        ]),
      ),
  },
];
