// SPDX-License-Identifier: Apache-2.0
// history - the entries of all ledgers, put together for each request, each fault and each process

import type { Ended, Entry, EntryOf } from './ledger.js';

/** Everything that is written of one request. */
export interface History {
  readonly id: string;
  /** Absent when a worker, or a client, speaks of a request that nobody has made. */
  readonly sent: EntryOf<'sent'> | undefined;
  readonly parts: readonly EntryOf<'part'>[];
  readonly ends: readonly EntryOf<'ended'>[];
  readonly began: readonly EntryOf<'began'>[];
  readonly streamed: readonly EntryOf<'streamed'>[];
  readonly executed: readonly EntryOf<'executed'>[];
}

/** A fault, from its beginning until it was undone. */
export interface Fault {
  readonly number: number;
  readonly kind: string;
  readonly role: 'broker' | 'worker' | 'client';
  readonly target: string;
  readonly endpoint: string | undefined;
  readonly begun: number;
  /** `Infinity` when nobody wrote that it was over. */
  readonly over: number;
}

/** What happened. */
export interface Events {
  readonly requests: readonly History[];
  /** In the order in which they began. */
  readonly faults: readonly Fault[];
  /** Processes that have ended, and when. */
  readonly gone: ReadonlyMap<string, number>;
}

interface Growing {
  sent: EntryOf<'sent'> | undefined;
  readonly parts: EntryOf<'part'>[];
  readonly ends: EntryOf<'ended'>[];
  readonly began: EntryOf<'began'>[];
  readonly streamed: EntryOf<'streamed'>[];
  readonly executed: EntryOf<'executed'>[];
}

/**
 * Put entries together.
 *
 * @param entries - of all ledgers, in the order in which they happened
 */
export function eventsOf(entries: readonly Entry[]): Events {
  const requests = new Map<string, Growing>();
  const faults = new Map<number, Fault>();
  const gone = new Map<string, number>();
  const of = (id: string): Growing => {
    const known = requests.get(id);
    if (known !== undefined) return known;
    const fresh = { sent: undefined, parts: [], ends: [], began: [], streamed: [], executed: [] };
    requests.set(id, fresh);
    return fresh;
  };
  for (const entry of entries) {
    switch (entry.what) {
      case 'sent':
        of(entry.id).sent = entry;
        break;
      case 'part':
        of(entry.id).parts.push(entry);
        break;
      case 'ended':
        of(entry.id).ends.push(entry);
        break;
      case 'began':
        of(entry.id).began.push(entry);
        break;
      case 'streamed':
        of(entry.id).streamed.push(entry);
        break;
      case 'executed':
        of(entry.id).executed.push(entry);
        break;
      case 'faultBegan':
        faults.set(entry.fault, {
          number: entry.fault,
          kind: entry.kind,
          role: entry.role,
          target: entry.target,
          endpoint: entry.endpoint,
          begun: entry.at,
          over: Infinity,
        });
        break;
      case 'faultOver': {
        const fault = faults.get(entry.fault);
        if (fault !== undefined) faults.set(entry.fault, { ...fault, over: entry.at });
        break;
      }
      case 'gone':
        gone.set(entry.name, entry.at);
        break;
      case 'started':
        break;
    }
  }
  return {
    requests: [...requests].map(([id, known]) => ({ id, ...known })),
    faults: [...faults.values()].sort((a, b) => a.begun - b.begun),
    gone,
  };
}

/** How a request ended, in words: `reply`, `MDP_TIMEOUT`, `MDP_REMOTE 502`. */
export function outcomeOf({ outcome, status }: Ended): string {
  return status === undefined ? outcome : `${outcome} ${String(status)}`;
}
