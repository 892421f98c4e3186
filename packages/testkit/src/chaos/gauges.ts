// SPDX-License-Identifier: Apache-2.0
// gauges - what a process holds, as numbers with names: whatever its `stats()` tell, so that what is added there is watched as well

import type { Sample } from './flatness.js';

/** What a process takes of the machine. */
export interface Usage {
  /** In bytes; the heap after a garbage collection. */
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  /** How many files it has open; 0 where the system does not tell. */
  readonly files: number;
}

/** What a process tells of itself. */
export interface Held<T extends object = object> {
  readonly stats: T;
  readonly usage: Usage;
}

/** What a broker counts by service. */
const COUNTED = [
  ...['requests', 'dispatched', 'partials', 'finals', 'failed', 'cancelled', 'abandoned', 'recovered'],
  ...['bytesIn', 'bytesOut', 'waitMs', 'serviceMs'],
];

/** What only ever grows, and is meant to; by its name within whatever has it, or by its whole name. */
const GROWS: ReadonlySet<string> = new Set([
  ...['counters', 'uptimeMs', 'listening.keysAccepted', 'listening.keysRefused'],
  ...COUNTED.map((name) => `services.${name}`),
]);

/** What is nothing when nobody wants anything; the last part of a name. */
const WANTED: ReadonlySet<string> = new Set([
  'pending',
  'queued',
  'queuedBytes',
  'running',
  'pendingBytes',
  'inFlight',
  'busy',
  'orphans',
]);

/** What else is: all of it. */
const WANTED_WHOLE = 'outbox';

const MEBIBYTE = 2 ** 20;

/**
 * The numbers of `stats()` that say how much is held now, by the names of their fields. Of a list: how long it is, and the sums over
 * it.
 */
export function gaugesOf(stats: object): Sample {
  const gauges: Record<string, number> = {};
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'number') gauges[name] = (gauges[name] ?? 0) + value;
    if (Array.isArray(value)) {
      gauges[name] = value.length;
      for (const item of value) addFields(name, item);
    } else {
      addFields(name, value);
    }
  };
  const addFields = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const whole = name === '' ? key : `${name}.${key}`;
      if (!GROWS.has(key) && !GROWS.has(whole)) add(whole, inner);
    }
  };
  addFields('', stats);
  return gauges;
}

/** All that a process holds. */
export function sampleOf({ stats, usage }: Held): Sample {
  return {
    'RSS MiB': usage.rss / MEBIBYTE,
    'heap MiB': usage.heap / MEBIBYTE,
    'external MiB': usage.external / MEBIBYTE,
    files: usage.files,
    ...gaugesOf(stats),
  };
}

/** What a process holds although nobody wants anything of it. @returns only what is not 0 */
export function unwanted(stats: object): Sample {
  const held = Object.entries(gaugesOf(stats)).filter(([name, value]) => {
    const parts = name.split('.');
    return value !== 0 && (parts[0] === WANTED_WHOLE || WANTED.has(parts.at(-1) ?? ''));
  });
  return Object.fromEntries(held);
}
