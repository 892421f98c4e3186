// SPDX-License-Identifier: Apache-2.0
// timeline - who did what when, around something that must not happen: for people

import type { Entry } from './ledger.js';

/** Faults and processes are shown so long before and after what happened to the request, in milliseconds. */
const AROUND_MS = 1_000;

/**
 * Everything about one request, and the faults and processes around it.
 *
 * @param entries - all, in the order in which they happened
 * @returns one line for each, with times in milliseconds since the first entry of all
 */
export function timelineOf(entries: readonly Entry[], id: string): string {
  const own = entries.filter((entry) => 'id' in entry && entry.id === id);
  const first = (own[0]?.at ?? 0) - AROUND_MS;
  const last = (own.at(-1)?.at ?? 0) + AROUND_MS;
  const zero = entries[0]?.at ?? 0;
  return entries
    .filter((entry) => ('id' in entry ? entry.id === id : entry.at >= first && entry.at <= last))
    .map((entry) => {
      const { at, who, what, ...facts } = entry;
      const words = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
      return `  ${(at - zero).toFixed(1).padStart(10)} ms  ${who.padEnd(10)}  ${[what, ...words].join(' ')}`;
    })
    .join('\n');
}
