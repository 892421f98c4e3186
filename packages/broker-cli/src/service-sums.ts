// SPDX-License-Identifier: Apache-2.0
// service-sums - what is counted by service, added up and taken apart

import type { ServiceStats } from '@mdp/broker';

/** Numbers by name or by place, at any depth. */
interface Numbers {
  readonly [name: string]: number | Numbers;
}

function combine(a: Numbers, b: Numbers, how: (a: number, b: number) => number): Numbers {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const made: Record<string, number | Numbers> = Array.isArray(a) || Array.isArray(b) ? ([] as never) : {};
  for (const key of keys) {
    const [one, other] = [a[key], b[key]];
    if (typeof one === 'object' || typeof other === 'object') {
      made[key] = combine((one ?? {}) as Numbers, (other ?? {}) as Numbers, how);
    } else made[key] = how(one ?? 0, other ?? 0);
  }
  return made;
}

function combined(a: ServiceStats, b: ServiceStats, how: (a: number, b: number) => number): ServiceStats {
  const { name, ...one } = a;
  const { name: _, ...other } = b;
  return { name, ...combine(one as unknown as Numbers, other as unknown as Numbers, how) } as unknown as ServiceStats;
}

/** Two services, or one at two brokers, as one with the name of the first. The oldest request is that of both. */
export function sumServices(a: ServiceStats, b: ServiceStats): ServiceStats {
  return { ...combined(a, b, (x, y) => x + y), oldestMs: Math.max(a.oldestMs, b.oldestMs) };
}

/** What was counted between two looks at a service; all of it when it was forgotten meanwhile, and counts anew. */
export function grownBy(now: ServiceStats, before: ServiceStats | undefined): ServiceStats {
  if (before === undefined || now.requests < before.requests || now.dispatched < before.dispatched) return now;
  return combined(now, before, (x, y) => Math.max(0, x - y));
}

/** The services of several brokers, by name; those of one name as one. */
export function mergeServices(all: readonly (readonly ServiceStats[])[]): ServiceStats[] {
  const [first = []] = all;
  if (all.length <= 1) return [...first];
  const byName = new Map<string, ServiceStats>();
  for (const service of all.flat()) {
    const before = byName.get(service.name);
    byName.set(service.name, before === undefined ? service : sumServices(before, service));
  }
  return [...byName.values()];
}
