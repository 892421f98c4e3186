// SPDX-License-Identifier: Apache-2.0
// totals - what a broker does and has done, and the sum of it over several

import type { BrokerStats } from '@mdp/broker';

/** The part of a broker's statistics that can be added up. */
export type Totals = Pick<BrokerStats, 'uptimeMs' | 'requests' | 'counters'>;

/** That part alone, which costs little to hand on. */
export function totalsOf({ uptimeMs, requests, counters }: BrokerStats): Totals {
  return { uptimeMs, requests, counters };
}

/** Numbers, and records of them by names that need not be the same everywhere: `failed` has only what occurred. */
interface Numbers {
  readonly [name: string]: number | Numbers;
}

/** Add numbers up, name by name. */
function sumOf(all: readonly Numbers[]): Numbers {
  const sum: Record<string, number | Numbers> = {};
  for (const numbers of all) {
    for (const [name, value] of Object.entries(numbers)) {
      const before = sum[name];
      if (typeof value === 'number') sum[name] = typeof before === 'number' ? before + value : value;
      else sum[name] = sumOf(typeof before === 'object' ? [before, value] : [value]);
    }
  }
  return sum;
}

/** Add up records of numbers that all have the same names. */
export function sumNumbers<T extends Readonly<Record<keyof T, number>>>(all: readonly T[]): T {
  return sumOf(all) as unknown as T;
}

/**
 * What several brokers do and have done together. The oldest of them tells for how long.
 *
 * @param all - one or more
 */
export function sumTotals(all: readonly Totals[]): Totals {
  const requests = sumOf(all.map((one) => one.requests));
  const counters = sumOf(all.map((one) => one.counters as unknown as Numbers));
  return {
    uptimeMs: Math.max(...all.map(({ uptimeMs }) => uptimeMs)),
    requests: requests as Totals['requests'],
    counters: counters as unknown as Totals['counters'],
  };
}
