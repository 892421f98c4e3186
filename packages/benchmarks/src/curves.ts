// SPDX-License-Identifier: Apache-2.0
// curves - what is made more and more, and how far

import type { Contestant } from './contestants.js';
import { BARE, MDP, MDP_MX, mdpWith, overMx } from './contestants.js';
import type { Load } from './load-generator.js';

/** One number that grows while everything else stays. */
export interface Curve {
  readonly name: string;
  /** What the number is, with its unit. */
  readonly label: string;
  /** Whose curve is drawn. */
  readonly contestants: readonly Contestant[];
  readonly points: readonly CurvePoint[];
}

/** One number, and the load that it stands for. */
export interface CurvePoint {
  readonly x: number;
  readonly load: CurveLoad;
}

/** A load without how long it lasts, which is the same for all. */
type CurveLoad = Omit<Load, 'warmSeconds' | 'measureSeconds'>;

/** What stays as it is in most of them. */
const BASE = { dialect: 'rfc18', clients: 64, window: 1, workers: 64, bodyBytes: 32 } as const;

/** So many workers at least, as a service has in the other curves. */
const FEW = 64;
/** The clients of the curve of queues: each has an equal part of it. */
const QUEUING = 100;

/** A broker that lets as many wait as the curve wants: by default a client may let 1,000 wait, and a service 10,000. */
const PATIENT = mdpWith({ maxQueued: 200_000, maxQueuedPerService: 200_000, maxQueuedPerClient: 2000 });

function points(numbers: readonly number[], load: (x: number) => Partial<CurveLoad>): CurvePoint[] {
  return numbers.map((x) => ({ x, load: { ...BASE, ...load(x) } }));
}

/** What most curves are drawn of: the broker on the strict wire, and over MX. */
const BOTH = [MDP, MDP_MX];

/** All of them. */
export const CURVES: readonly Curve[] = [
  {
    name: 'workers',
    label: 'workers of one service, all of which get requests',
    contestants: [...BOTH, BARE],
    points: points([1, 10, 100, 1000, 10_000], (workers) => ({ workers })),
  },
  {
    name: 'services',
    label: 'services, all of which get requests',
    contestants: BOTH,
    points: points([1, 100, 10_000], (services) => ({ services, workers: Math.max(FEW, services) })),
  },
  {
    name: 'clients',
    label: 'clients with one request each',
    contestants: [...BOTH, BARE],
    points: points([1, 10, 100, 1000, 5000], (clients) => ({ clients })),
  },
  {
    name: 'queue',
    label: 'requests that wait',
    contestants: [PATIENT, overMx(PATIENT)],
    points: points([100, 1000, 10_000, 100_000], (depth) => ({ clients: QUEUING, window: depth / QUEUING })),
  },
  {
    name: 'parts',
    label: 'messages of a reply: PARTIALs and FINAL',
    contestants: BOTH,
    points: points([1, 10, 100, 1000], (messages) => ({ partials: messages - 1 })),
  },
  {
    name: 'body',
    label: 'bytes of a body',
    contestants: [...BOTH, BARE],
    points: points([32, 1000, 10_000, 100_000, 1_000_000], (bodyBytes) => ({ bodyBytes })),
  },
];
