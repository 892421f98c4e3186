// SPDX-License-Identifier: Apache-2.0
// busy-broker - a broker that is made up, with much to see, and names that were chosen to do harm

import type { SnapshotParts } from './snapshots.js';
import { durations, serviceOf, workerOf } from './snapshots.js';
import type { ListeningStats } from '@mdp/broker';
import { Broker } from '@mdp/broker';

/** What would run, if any of it ever became markup. */
export const MARKUP = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>';

/** Names that were chosen to do harm. */
export const HOSTILE_NAMES: readonly string[] = [
  MARKUP,
  `"'><svg/onload=window.harmed=1>{{7*7}}\${7*7}`,
  'user\u202egnp.exe',
  'bell\u0007\u001b[2Jtab\there\r\nline',
  `${'long-'.repeat(50)}end`,
  'משרד.דואר שירות',
  '👩‍🚀 rocket 🦊 名前',
  'z̷̢̛͎̱̫͓a̸̡̘̻l̴g̶o̵',
  '__proto__',
  'constructor',
];

/** Services that do something. */
const NAMES = ['image.resize', 'report.monthly', 'mail.send', 'charge', 'search.query', 'search.index'];

const LISTENING: readonly ListeningStats[] = [
  {
    ...{ endpoints: ['tcp://0.0.0.0:5555', 'tcp://[2001:db8:85a3::8a2e:370:7334]:5555'], role: 'client', curve: true },
    ...{ allow: 'list', keysListed: 1_240, keysAccepted: 39, keysRefused: { unknownKey: 7, expiredKey: 2 } },
  },
  {
    ...{ endpoints: ['ipc:///run/mdp.sock'], role: 'any', curve: false, allow: 'anybody' },
    ...{ services: ['image.*', 'report.monthly'], keysAccepted: 0, keysRefused: {} },
  },
];

/**
 * How it is at a moment.
 *
 * @param turn - from 0 up, every two seconds: with each there is more done
 */
export function busyBroker(turn: number): SnapshotParts {
  const failures = Math.floor(turn * 7);
  const idle = new Broker().stats();
  const busy = NAMES.map((name, i) => {
    const made = Math.round(turn * (i + 1) * 40 + 30 * Math.sin(turn / 3 + i) + 35);
    const workers = 2 + i;
    return serviceOf(name, {
      ...{ workers, waiting: workers - (i % 3), busy: i % 3, queued: i === 1 ? 12 : 0, oldestMs: i === 1 ? 4_200 : 0 },
      ...{ requests: made, dispatched: made, finals: made, bytesIn: made * 2_000, bytesOut: made * 300 },
      failed: i === 3 ? { 404: failures, 504: 2 * failures } : {},
      waitMs: durations({ 0.125: made, 2: failures }),
      serviceMs: durations({ [0.5 * 2 ** i]: made, [8 * 2 ** i]: failures }),
    });
  });
  const hostile = HOSTILE_NAMES.map((name, i) =>
    serviceOf(name, { requests: failures * i, workers: i % 2, waiting: i % 2, queued: 1 - (i % 2) }),
  );
  const services = [...busy, ...hostile];
  const workers = services.flatMap(({ name, workers: count }, i) =>
    Array.from({ length: count }, (_, nth) =>
      workerOf(name, `00${(0x6b8b45 + i * 100 + nth).toString(16)}`, {
        dialect: nth % 3 === 2 ? 'majortomo' : 'mx',
        ageMs: (Math.floor(turn / 30) + 40 * i) * 60_000 + nth * 1_000,
        silentMs: nth * 700,
        held: nth === 0 ? 1 : 0,
        credit: nth % 3 === 2 ? 1 : 8,
      }),
    ),
  );
  const sum = (read: (service: (typeof services)[number]) => number): number =>
    services.reduce((total, service) => total + read(service), 0);
  const requests = sum((service) => service.requests);
  return {
    services,
    workers,
    stats: {
      uptimeMs: 187_000_000 + Math.round(turn * 2_000),
      endpoints: LISTENING.flatMap(({ endpoints }) => endpoints),
      listening: LISTENING,
      workers: { registered: workers.length, waiting: workers.length - 5, busy: 5 },
      requests: {
        queued: sum(({ queued }) => queued),
        queuedBytes: 9_000,
        running: 9 + Math.round(4 * Math.sin(turn / 5)),
        pendingBytes: 20_000,
      },
      connections: 41,
      outbox: { peers: 1, messages: 30, bytes: 61_000 },
    },
    counters: {
      requests,
      failed: { ...idle.counters.failed, 404: failures, 504: 2 * failures },
      keysAccepted: 39,
      keysRefused: { ...idle.counters.keysRefused, unknownKey: 7, expiredKey: 2 },
      handshakesFailed: { auth: 9, protocol: 1, other: 3 },
      dropped: { ...idle.counters.dropped, lateToken: 12, clientGone: 3 },
      workersLost: { ...idle.counters.workersLost, expired: 2, disconnect: 14 },
    },
    lagsMs: [1.4],
  };
}
